"""Scripted and played recordings through an analyzer of another family, where one is installed.

`npm install @akiver/cs-demo-analyzer` anywhere, and name its `dist/cli.js` in CS_DEMO_ANALYZER_CLI. What it is known to
get wrong is left out here by name; docs/explain/demo-writer.md lists it.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from makers.corpus import played
from makers.scripted_match import Script, write_script
from makers.simulated_orders import DEATHMATCH, INCIDENT_ORDERS, SEEDS, seeded
from offangle.frames.collection import MatchFrames
from offangle_sim.match import DEMO_NAME
from offangle_sim.order import MatchOrder

ANALYZER: Final = os.environ.get("CS_DEMO_ANALYZER_CLI", "")
SIDES: Final = {2: "t", 3: "ct"}
REASONS: Final = {
    1: "bomb_exploded",
    7: "bomb_defused",
    8: "elimination",
    9: "elimination",
    12: "time_expired",
    17: "surrender",
    18: "surrender",
}
EQUIPMENT_DELAY_TICKS: Final = 7 * 64
"""So long after freeze end it looks at what everybody carries."""
POSITION_TOLERANCE: Final = 0.001
DURATION_TOLERANCE_S: Final = 0.01
UNSEEN_PURCHASES: Final = ("vest", "vesthelm", "defuser", "flashbang")
"""Gear is no weapon, and the second flash of a stack is no new one."""

SHORT: Final = Script(live_ticks=420, ticks_every=4)
SCRIPTS: Final = {
    "plain": SHORT,
    "halves": Script(live_ticks=420, ticks_every=4, rounds=6, max_rounds=2, overtime_rounds=4),
    "wingman": Script(live_ticks=420, ticks_every=4, rounds=4, max_rounds=4, mode="wingman", per_team=2),
    "deathmatch": Script(live_ticks=420, ticks_every=4, rounds=1, mode="deathmatch"),
}
ORDERS: Final[dict[str, MatchOrder]] = {
    **{f"seed-{seed}": seeded(seed) for seed in SEEDS},
    **dict(INCIDENT_ORDERS.items()),
}

pytestmark = pytest.mark.skipif(
    not ANALYZER or shutil.which("node") is None, reason="no other analyzer is named in CS_DEMO_ANALYZER_CLI"
)


@dataclass(frozen=True)
class Told:
    """What the analyzer said, and the truth of what it looks at: nothing before the first round that counts."""

    said: dict[str, Any]
    truth: MatchFrames
    is_played: bool

    def rows(self, name: str, *keys: str) -> list[tuple[Any, ...]]:
        return sorted(tuple(_plain(row[key]) for key in keys) for row in self.said[name])

    def wanted(self, table: str | pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of the truth as the analyzer can know them: bots own no SteamID, and nobody is 0."""
        rows = self.table(table) if isinstance(table, str) else table
        people = [name for name, kind in rows.schema.items() if name.endswith("steam_id") and kind == pl.Int64]
        texts = pl.col(pl.Enum, pl.Categorical).cast(pl.String)
        known = rows.with_columns(pl.col(people).clip(lower_bound=0).fill_null(0), texts)
        return sorted(known.select(columns).rows())

    def table(self, name: str) -> pl.DataFrame:
        rows = self.truth[name]
        tick = next(column for column in ("tick", "start_tick", "throw_tick") if column in rows.columns)
        return rows.filter(pl.col(tick) >= self.rounds()["start_tick"].min())

    def rounds(self) -> pl.DataFrame:
        """Rounds from the first that counts; to the analyzer one that was restarted is the beginning of the next."""
        rounds = self.truth["rounds"].sort("start_tick").filter(pl.col("kind") != "knife")
        start = pl.when(pl.col("kind").shift(1) == "aborted").then(pl.col("start_tick").shift(1))
        moved = rounds.with_columns(start.otherwise("start_tick").alias("start_tick"))
        return moved.filter(pl.col("kind") != "aborted")


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


def analyzed(path: Path) -> dict[str, Any]:
    words = [f"-demo-path={path}", f"-output={path.parent}", "-format=json", "-source=valve", "-positions"]
    subprocess.run(["node", ANALYZER, *words], check=True, capture_output=True)
    said: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    return said


@pytest.fixture(scope="module", params=[*SCRIPTS, *ORDERS])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder, name = tmp_path_factory.mktemp("other"), request.param
    path = folder / DEMO_NAME
    if name in SCRIPTS:
        truth = write_script(path, SCRIPTS[name]).truth()
    else:
        match = played(ORDERS[name])
        truth, path = match.truth, match.demo(folder)
    said = analyzed(path)
    shutil.rmtree(folder)
    return Told(said, truth, is_played=name in ORDERS)


def test_kills(told: Told) -> None:
    people = ("killerSteamId", "victimSteamId", "assisterSteamId")
    found = told.rows("kills", "tick", *people, "isHeadshot", "isThroughSmoke", "penetratedObjects")
    columns = ("attacker_steam_id", "victim_steam_id", "assister_steam_id")
    assert found == told.wanted("kills", "tick", *columns, "is_headshot", "is_through_smoke", "penetrated_objects")


def test_damages(told: Told) -> None:
    keys = ("attackerSteamId", "victimSteamId", "healthDamage", "armorDamage", "victimNewHealth", "victimNewArmor")
    columns = ("attacker_steam_id", "victim_steam_id", "health_damage", "armor_damage")
    after = ("victim_health_after", "victim_armor_after")
    assert told.rows("damages", "tick", *keys) == told.wanted("damages", "tick", *columns, *after)


def test_rounds(told: Told) -> None:
    found = [
        (*(row[key] for key in ("startTick", "freezeTimeEndTick", "endTick")), REASONS[row["endReason"]])
        for row in told.said["rounds"]
    ]
    columns = ("start_tick", "freeze_end_tick", "end_tick")
    assert found == told.wanted(told.rounds(), *columns, "reason")
    assert [row["number"] for row in told.said["rounds"]] == list(range(1, len(found) + 1))
    winners = [SIDES[row["winnerSide"]] for row in told.said["rounds"]]
    assert winners == told.rounds()["winner_side"].cast(pl.String).to_list()


def test_shots(told: Told) -> None:
    """A shot in the tick of its shooter's death is not said; those of who came back to life in a bot are the bot's."""
    deaths = told.table("kills").group_by("round_number", steam_id="victim_steam_id").agg(died=pl.min("tick"))
    shots = told.table("shots").join(deaths, on=["round_number", "steam_id"], how="left")
    said = shots.filter(pl.col("tick").ne_missing(pl.col("died")))
    shooter = pl.when(pl.col("tick") > pl.col("died")).then(0).otherwise("steam_id").alias("steam_id")
    assert told.rows("shots", "tick", "playerSteamId") == told.wanted(said.with_columns(shooter), "tick", "steam_id")


def test_blinds(told: Told) -> None:
    """Of bots it is not said."""
    blinds = told.table("blinds").filter(pl.col("victim_steam_id") > 0)
    found = told.rows("playersFlashed", "tick", "flasherSteamId", "flashedSteamId", "duration")
    wanted = told.wanted(blinds, "tick", "attacker_steam_id", "victim_steam_id", "duration_s")
    assert [row[:3] for row in found] == [row[:3] for row in wanted]
    assert [row[3] for row in found] == pytest.approx([row[3] for row in wanted], abs=DURATION_TOLERANCE_S)


def test_bomb(told: Told) -> None:
    events = {
        "bombsPlantStart": ("plant_begin", "defuserSteamId"),
        "bombsPlanted": ("planted", "planterSteamId"),
        "bombsDefuseStart": ("defuse_begin", "defuserSteamId"),
        "bombsDefused": ("defused", "defuserSteamId"),
    }
    for name, (event, player) in events.items():
        wanted = told.table("bomb_events").filter(pl.col("event") == event)
        assert told.rows(name, "tick", player) == told.wanted(wanted, "tick", "steam_id"), name
    exploded = told.table("bomb_events").filter(pl.col("event") == "exploded")
    assert told.rows("bombsExploded", "tick") == told.wanted(exploded, "tick")
    sites = [(row["tick"], row["site"].lower()) for row in told.said["bombsPlanted"]]
    assert sites == told.wanted(told.table("bomb_events").filter(pl.col("event") == "planted"), "tick", "site")


def test_grenades(told: Told) -> None:
    """Where and when they go off, and whose they are; of every flash it is said twice."""
    names = {"smokesStart": "smoke", "heGrenadesExplode": "he", "flashbangsExplode": "flash", "decoysStart": "decoy"}
    for name, kind in names.items():
        found = told.rows(name, "tick", "throwerSteamId", "x", "y", "z")
        grenades = told.table("grenades").filter(pl.col("kind") == kind, pl.col("effect_tick").is_not_null())
        wanted = told.wanted(grenades, "effect_tick", "thrower_steam_id", "effect_x", "effect_y", "effect_z")
        if kind == "flash":
            assert [row[:2] for row in found] == sorted(row[:2] for row in wanted * 2)
            continue
        assert [row[:2] for row in found] == [row[:2] for row in wanted], kind
        for row, truth in zip(found, wanted, strict=True):
            assert row[2:] == pytest.approx(truth[2:], abs=POSITION_TOLERANCE), kind


def test_fires(told: Told) -> None:
    burning: dict[tuple[int, int], list[int]] = {}
    for row in told.said["infernoPositions"]:
        burning.setdefault((row["uniqueId"], _plain(row["throwerSteamId"])), []).append(row["tick"])
    found = sorted((min(ticks), max(ticks) + 1, thrower) for (_, thrower), ticks in burning.items())
    assert found == told.wanted("fires", "start_tick", "end_tick", "thrower_steam_id")


def test_money(told: Told) -> None:
    freeze_ends = {row["number"]: row["freezeTimeEndTick"] for row in told.said["rounds"]}
    found = sorted(
        (freeze_ends[row["roundNumber"]], *(_plain(row[key]) for key in ("steamId", "startMoney", "moneySpent")))
        for row in told.said["playerEconomies"]
        if row["roundNumber"] in freeze_ends
    )
    assert found == told.wanted(_economy(told), "freeze_end_tick", "steam_id", "start_money", "money_spent")


def test_equipment(told: Told) -> None:
    """What was thrown before it looks is gone by then."""
    _skip_scripts(told, "A script's rounds are over before the analyzer looks.")
    freeze_ends = {row["number"]: row["freezeTimeEndTick"] for row in told.said["rounds"]}
    threw = told.table("grenades").select("throw_tick", steam_id="thrower_steam_id")
    economy = _economy(told).filter(pl.col("steam_id") > 0)
    soon = (pl.col("throw_tick") - pl.col("freeze_end_tick")).is_between(0, EQUIPMENT_DELAY_TICKS)
    spent = economy.join(threw, on="steam_id").filter(soon)
    kept = economy.join(spent, on=["freeze_end_tick", "steam_id"], how="anti")
    wanted = told.wanted(kept, "freeze_end_tick", "steam_id", "equipment_value")
    keys = {row[:2] for row in wanted}
    found = [
        (freeze_ends.get(row["roundNumber"]), _plain(row["steamId"]), row["equipmentValue"])
        for row in told.said["playerEconomies"]
    ]
    assert sorted(row for row in found if row[:2] in keys) == wanted


def _skip_scripts(told: Told, reason: str) -> None:
    if not told.is_played:
        pytest.skip(reason)


def _economy(told: Told) -> pl.DataFrame:
    rounds = told.rounds().select("round_number", "freeze_end_tick")
    return told.truth["economy"].join(rounds, on="round_number")


def test_purchases(told: Told) -> None:
    """Bots do not buy to it, and nobody does in a round that it believes to be older than it is."""
    _skip_scripts(told, "A script knows no buy zones.")
    restarted = told.truth["rounds"].filter(pl.col("kind") == "aborted")["officially_ended_tick"].max()
    items = told.table("item_events").filter(
        (pl.col("action") == "purchase") & (pl.col("steam_id") > 0) & ~pl.col("item").is_in(UNSEEN_PURCHASES)
    )
    if restarted is not None:
        first = told.rounds().row(0, named=True)
        items = items.filter(~pl.col("tick").is_between(first["start_tick"], first["end_tick"]))
    found = [
        (row["tick"], _plain(row["playerSteamId"]))
        for row in told.said["playersBuy"]
        if row["weaponName"] != "Flashbang" and (restarted is None or row["tick"] > first["end_tick"])
    ]
    assert sorted(found) == told.wanted(items, "tick", "steam_id")


def test_ticks(told: Told) -> None:
    """Everybody, all the time: where he is, where he looks, how he is."""
    floats = {"x": "x", "y": "y", "z": "z", "pitch": "pitch_deg", "yaw": "yaw_deg"}
    plain = {"isAlive": "is_alive", "health": "health", "armor": "armor", "money": "money", "hasHelmet": "has_helmet"}
    flags = {"isDucking": "is_ducking", "isAirborne": "is_airborne", "isScoping": "is_scoped", "ping": "ping_ms"}
    exact = {"tick": "tick", "steamId": "steam_id", **plain, **flags}
    schema = {name: told.truth["ticks"].schema[name] for name in (*exact.values(), *floats.values())}
    columns = {
        name: [_plain(row[key]) for row in told.said["playerPositions"]] for key, name in {**exact, **floats}.items()
    }
    found = pl.DataFrame(columns, schema=schema, strict=False)
    keys = ["tick", "steam_id"]
    wanted = told.table("ticks").filter(pl.col("steam_id") > 0).select(*schema)
    both = wanted.join(found, on=keys, how="left", suffix="_said")
    for name in exact.values():
        if name not in keys:
            assert both.filter(pl.col(name).ne_missing(pl.col(f"{name}_said"))).height == 0, name
    for name in floats.values():
        apart = (pl.col(name) - pl.col(f"{name}_said")).abs()
        turned = pl.min_horizontal(apart, (apart - 360.0).abs()) if name.endswith("_deg") else apart
        assert both.filter((turned > POSITION_TOLERANCE) | apart.is_null()).height == 0, name


def test_a_round_that_is_never_decided_is_forgotten(tmp_path: Path) -> None:
    """A played deathmatch ends with the clock: the analyzer says nothing of it at all."""
    match = played(DEATHMATCH)
    truth, said = match.truth, analyzed(match.demo(tmp_path))
    assert truth["kills"].height > 0
    assert said["rounds"] == said["kills"] == said["shots"] == []
    assert {_plain(row) for row in said["players"]} == set(truth["players"]["steam_id"])
