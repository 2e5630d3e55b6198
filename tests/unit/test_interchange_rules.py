"""The rules by which the reader repairs or leaves out what exporters get wrong."""

import copy
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makers.interchange_zips import Version, file_name, interchange_documents, write_interchange_zip
from makers.synthetic import make_match
from offangle.analysis.run import analyse
from offangle.core.weapons import WEAPONS
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.interchange import archive, read_interchange
from offangle.parsing.interchange.events import TELLING_FLASHES
from offangle.parsing.interchange.roster import MAX_PLAYERS
from offangle.parsing.interchange.rounds import MAX_ROUNDS
from offangle.parsing.interchange.streams import MAX_SPEED_U_S, PROJECTILE_TOLERANCE_TICKS, _summed
from offangle.parsing.interchange.vocabulary import weapon

INTERCHANGE_PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "interchange.md"
MIB = 1024 * 1024
Documents = dict[str, Any]
Read = Callable[..., MatchFrames]


@pytest.fixture(scope="module")
def match() -> MatchFrames:
    return make_match(6, score=(4, 2), half_rounds=3)


@pytest.fixture
def read_changed(match: MatchFrames, tmp_path: Path) -> Read:
    """Read `match` after a change to its documents."""

    def read(change: Callable[[Documents], None], version: Version = "3.0") -> MatchFrames:
        documents = copy.deepcopy(interchange_documents(match, version))
        change(documents)
        return read_interchange(write_interchange_zip(tmp_path / "match.zip", match, version, **documents))

    return read


# -- rounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "half_rounds", "halves"),
    [
        ((2, 0), 12, [1] * 2),
        ((13, 3), 12, [1] * 12 + [2] * 4),
        ((4, 1), 3, [1] * 3 + [2] * 2),
        ((5, 7), 4, [1] * 4 + [2] * 4 + [3] * 3 + [4]),
        ((16, 14), 12, [1] * 12 + [2] * 12 + [3] * 3 + [4] * 3),
        ((17, 19), 12, [1] * 12 + [2] * 12 + [3] * 3 + [4] * 3 + [5] * 3 + [6] * 3),
    ],
)
def test_halves_follow_the_first_change_of_sides(
    score: tuple[int, int], half_rounds: int, halves: list[int], tmp_path: Path
) -> None:
    made = make_match(2, score=score, half_rounds=half_rounds, samples=False)
    rounds = read_interchange(write_interchange_zip(tmp_path / "m.zip", made))["rounds"]
    assert rounds["half"].to_list() == halves
    assert rounds["kind"].to_list() == ["regular" if half < 3 else "overtime" for half in halves]


def knife_round(documents: Documents, *, money: int = 0, weapon: str = "knife", is_scored: bool = False) -> None:
    """Make a knife round of the first."""
    for row in documents["playerEconomies"]:
        if row["roundNumber"] == 1:
            row |= {"startMoney": money, "moneySpent": 0, "equipmentValue": 0}
    for row in documents["kills"] + documents["damages"]:
        if row["roundNumber"] == 1 and row.get("killerIndex", row.get("attackerIndex")) is not None:
            row["weapon"] = weapon
    if not is_scored:
        won_by = documents["rounds"][0]["winnerTeamKey"]
        documents["match"][won_by]["score"] -= 1
        for row in documents["rounds"][1:]:
            row[f"{won_by}ScoreBefore"] -= 1


def test_a_knife_round_is_kept_and_not_counted(read_changed: Read, match: MatchFrames) -> None:
    read = check(read_changed(knife_round))
    rounds = read["rounds"]
    assert rounds["round_number"].to_list() == [-1, 1, 2, 3, 4, 5]
    assert rounds["kind"].to_list()[:2] == ["knife", "regular"]
    assert rounds["half"].to_list()[:4] == [0, 1, 1, 2]  # sides change after two counted rounds
    for name in ("kills", "damages", "shots", "economy", "player_rounds", "ticks"):
        made = match[name].filter(pl.col("round_number") > 1)["round_number"] - 1
        assert read.counted(name)["round_number"].to_list() == made.to_list()
        assert read[name].filter(pl.col("round_number") == -1).height > 0
    failed = analyse(read)["checks"].filter(~pl.col("ok"))["name"].to_list()
    assert all(name.startswith("scoreboard_") for name in failed)


@pytest.mark.parametrize("sign", [{"money": 800}, {"weapon": "ak47"}, {"is_scored": True}], ids=str)
def test_a_knife_round_is_one_by_all_three_signs(read_changed: Read, sign: dict[str, Any]) -> None:
    rounds = read_changed(lambda documents: knife_round(documents, **sign))["rounds"]
    assert rounds["round_number"].to_list() == [1, 2, 3, 4, 5, 6]
    assert rounds["kind"].unique().to_list() == ["regular"]


# -- warmup ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before_freeze_end", "round_number"), [(1, 0), (0, 1), (-1, 1)])
def test_what_happens_before_freeze_end_is_outside_rounds(
    before_freeze_end: int, round_number: int, read_changed: Read
) -> None:
    def change(documents: Documents) -> None:
        for table in ("damages", "kills", "blinds"):
            tick = documents["rounds"][0]["freezeEndTick"] - before_freeze_end
            documents[table].append({**documents[table][0], "roundNumber": 1, "tick": tick})

    read = read_changed(change)
    for table in ("damages", "kills", "blinds"):
        assert read[table].item(0, "round_number") == round_number, table
        assert read[table].filter(pl.col("round_number") == 0).height == (round_number == 0)


def test_kills_after_the_decision_stay_in_their_round(read_changed: Read) -> None:
    def change(documents: Documents) -> None:
        late = {**documents["kills"][0], "roundNumber": 1, "tick": documents["rounds"][0]["endTick"] + 100}
        documents["kills"].append(late)

    rounds_of_late = read_changed(change)["kills"].join(
        read_changed(lambda _: None)["kills"], on=["tick", "victim_steam_id"], how="anti"
    )
    assert rounds_of_late["round_number"].to_list() == [1]


# -- money -----------------------------------------------------------------------------------------------------------


def stale(documents: Documents) -> None:
    """The fourth round's start money as it was before everyone got new money."""
    for row in documents["playerEconomies"]:
        if row["roundNumber"] == 4:
            row["startMoney"] = 50
            row["moneySpent"] = row["moneySpent"] or 100


def test_stale_start_money_is_worked_out_from_the_replay(read_changed: Read, match: MatchFrames) -> None:
    economy = read_changed(stale)["economy"].filter(round_number=4)
    left = match["economy"].filter(round_number=4)["money_left"]
    assert economy["money_left"].to_list() == left.to_list()
    assert economy["start_money"].to_list() == (left + economy["money_spent"]).to_list()


def test_stale_start_money_is_unknown_without_the_replays_money(read_changed: Read) -> None:
    economy = read_changed(stale, "2.0")["economy"]
    assert economy.filter(pl.col("start_money").is_null())["round_number"].unique().to_list() == [4]
    assert economy.filter(pl.col("money_left").is_null())["round_number"].unique().to_list() == [4]


# -- what an exporter did not see ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flashes", "is_there"), [(TELLING_FLASHES - 1, 1), (TELLING_FLASHES, 0)])
def test_no_blinds_after_many_flashes_means_not_seen(flashes: int, is_there: int, read_changed: Read) -> None:
    def change(documents: Documents) -> None:
        one = {**documents["grenades"][0], "grenade": "flashbang"}
        documents["grenades"] = [{**one, "grenadeId": f"g{nth}"} for nth in range(flashes)]
        documents["blinds"] = []

    assert read_changed(change).has("blinds") == is_there


def test_shots_at_the_origin_have_no_position(read_changed: Read) -> None:
    def change(documents: Documents) -> None:
        for shot in documents["shots"]:
            shot["position"] = shot["velocity"] = {"x": 0.0, "y": 0.0, "z": 0.0}

    shots = read_changed(change, "2.0")["shots"]
    assert shots["x"].null_count() == shots["velocity_x"].null_count() == shots.height > 0
    assert shots["yaw_deg"].null_count() == 0


@pytest.mark.parametrize(("speed", "is_kept"), [(3500, 1), (3501, 0), (-3501, 0)])
def test_one_impossible_speed_discredits_all(speed: int, is_kept: int, read_changed: Read) -> None:
    def change(documents: Documents) -> None:
        documents["shots"]["tracks"][0]["vy"][0] = speed

    shots = read_changed(change)["shots"]
    assert shots["velocity_x"].null_count() == (0 if is_kept else shots.height)
    assert shots["x"].null_count() == 0


# -- grenades --------------------------------------------------------------------------------------------------------


def test_two_grenades_of_one_id_are_told_apart(read_changed: Read) -> None:
    def change(documents: Documents) -> None:
        documents["grenades"] = [
            {**documents["grenades"][0], "grenadeId": name} for name in ("g", "g", None, None, "h")
        ]

    ids = read_changed(change)["grenades"]["grenade_id"].to_list()
    assert ids[0] == "g"
    assert ids[1] == "g-2"
    assert ids[3] == f"{ids[2]}-2"
    assert ids[4] == "h"


def test_a_cts_molotov_is_an_incendiary(read_changed: Read) -> None:
    def change(documents: Documents) -> None:
        for grenade in documents["grenades"]:
            grenade["grenade"] = "molotov"

    kinds = read_changed(change)["grenades"].select("thrower_side", "kind").unique().sort("kind")
    assert kinds.rows() == [("t", "molotov"), ("ct", "incendiary")]


def test_a_flight_without_a_throw_is_left_out(read_changed: Read, match: MatchFrames) -> None:
    def change(documents: Documents) -> None:
        documents["replay"]["rounds"][0]["projectiles"][0]["startTick"] += 10_000

    flown = read_changed(change)["projectiles"]["grenade_id"].n_unique()
    assert flown == match["projectiles"]["grenade_id"].n_unique() - 1


def test_a_bomb_dropped_near_a_site_is_not_at_it(read_changed: Read) -> None:
    def change(documents: Documents) -> None:
        documents["bombs"] = [{**documents["bombs"][0], "type": kind, "site": "a"} for kind in ("dropped", "planted")]

    assert read_changed(change)["bomb_events"].select("event", "site").rows() == [("dropped", None), ("planted", "a")]


# -- names and numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ak47", "ak47"),
        ("weapon_ak47", "ak47"),
        ("planted_c4", "c4"),
        ("worldspawn", "world"),
        ("", "world"),
        ("weapon_knife_t", "knife_t"),
        ("butterfly_knife", "knife_butterfly"),
        ("nomad_knife", "knife_outdoor"),
        ("a_new_gun", "a_new_gun"),
    ],
)
def test_weapons_have_one_name(written: str, name: str) -> None:
    assert pl.DataFrame({"w": [written]}).select(weapon("w")).item() == name


def test_shop_names_are_weapons(read_changed: Read) -> None:
    economy = read_changed(lambda _: None)["economy"]
    bought = {*economy["primary_weapon"].drop_nulls(), *economy["secondary_weapon"].drop_nulls()}
    assert bought <= set(WEAPONS)


def slow_sum(deltas: list[int | None]) -> list[int | None]:
    """The plain definition: a null is no sample, and the next value continues."""
    values: list[int | None] = []
    last = 0
    for delta in deltas:
        last += delta or 0
        values.append(None if delta is None else last)
    return values


@given(st.lists(st.lists(st.none() | st.integers(-5000, 5000), max_size=30), max_size=8))
def test_deltas_are_summed_within_each_track(tracks: list[list[int | None]]) -> None:
    track = list(itertools.chain.from_iterable([nth] * len(values) for nth, values in enumerate(tracks)))
    flat = pl.DataFrame(
        {"track": track, "x": list(itertools.chain.from_iterable(tracks))}, schema={"track": pl.Int64, "x": pl.Int64}
    )
    expected = list(itertools.chain.from_iterable(slow_sum(values) for values in tracks))
    assert _summed(flat)["x"].to_list() == expected


# -- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_states_the_limits_that_hold() -> None:
    page = " ".join(INTERCHANGE_PAGE.read_text(encoding="utf-8").split())
    assert (
        f"{archive.MAX_MEMBERS} files, {archive.MAX_MEMBER_BYTES // MIB} MiB for one file and "
        f"{archive.MAX_TOTAL_BYTES // MIB} MiB for all when unpacked, at most {archive.MAX_RATIO} times the packed "
        f"size for a file beyond {archive.RATIO_FREE_BYTES // MIB} MiB, {MAX_ROUNDS} rounds, {MAX_PLAYERS} players"
    ) in page
    assert f"after {TELLING_FLASHES} flashes" in page
    assert f"beyond {MAX_SPEED_U_S:.0f} u/s" in page
    assert f"within {PROJECTILE_TOLERANCE_TICKS} ticks" in page


def test_the_page_lists_the_files_that_are_read(match: MatchFrames) -> None:
    page = INTERCHANGE_PAGE.read_text(encoding="utf-8")
    for key in interchange_documents(match, "3.0"):
        assert f"`{file_name(key)}`" in page
