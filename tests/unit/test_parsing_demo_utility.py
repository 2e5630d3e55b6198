"""Who threw it: the evidence that is left when the parser has lost the thrower."""

from typing import Any

import polars as pl

from offangle.frames.columns import SIDE, TEAM
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.bots import NO_BOTS
from offangle.parsing.demo.identity import Identity
from offangle.parsing.demo.utility import THROW_REACH_U, THROW_TICKS, Utility

ONE, TWO, THREE = 76561198000000001, 76561198000000002, 76561198000000003
AREA = {
    "start_tick": pl.Int32,
    "end_tick": pl.Int32,
    "entity_id": pl.Int32,
    "entity_serial": pl.UInt32,
    **dict.fromkeys("xyz", pl.Float32),
}
FLIGHT = {
    "tick": pl.Int32,
    "entity_id": pl.Int32,
    "entity_serial": pl.UInt32,
    "type": pl.String,
    "thrower_steamid": pl.UInt64,
    "thrower_name": pl.String,
    **dict.fromkeys("xyz", pl.Float32),
}
SHOT = {
    "tick": pl.Int32,
    "steamid": pl.UInt64,
    "name": pl.String,
    "weapon": pl.String,
    **dict.fromkeys("xyz", pl.Float32),
}


def flight(entity: int, kind: str, *, first: int = 100, last: int = 196, x: float = 0.0) -> list[dict[str, Any]]:
    return [
        {
            "tick": tick,
            "entity_id": entity,
            "entity_serial": 7,
            "type": kind,
            "x": x + tick - first,
            "y": 0.0,
            "z": 64.0,
        }
        for tick in range(first, last + 1)
    ]


def shot(player: int, weapon: str, *, tick: int = 100, x: float = 0.0) -> dict[str, Any]:
    return {"tick": tick, "steamid": player, "name": "", "weapon": f"weapon_{weapon}", "x": x, "y": 0.0, "z": 0.0}


def utility(
    flights: list[dict[str, Any]],
    shots: list[dict[str, Any]],
    *,
    smokes: list[dict[str, Any]] | None = None,
    fires: list[dict[str, Any]] | None = None,
    events: dict[str, pl.DataFrame] | None = None,
) -> Utility:
    tables = AwpyTables(
        datasets={
            "grenades": pl.DataFrame(flights, schema=FLIGHT),
            "shots": pl.DataFrame(shots, schema=SHOT),
            "smokes": pl.DataFrame(smokes or [], schema=AREA),
            "fires": pl.DataFrame(fires or [], schema=AREA),
        },
        events=events or {},
        header={},
        convars={},
        tick_rate=64.0,
    )
    slots = pl.DataFrame(
        {"tick": [1, 1], "slot": [1, 2], "steam_id": [ONE, TWO]},
        schema={"tick": pl.Int32, "slot": pl.Int32, "steam_id": pl.Int64},
    )
    rounds = pl.DataFrame(
        {"round_number": [1, 2], "start_tick": [50, 5000], "officially_ended_tick": [5000, None]},
        schema={"round_number": pl.Int16, "start_tick": pl.Int32, "officially_ended_tick": pl.Int32},
    )
    in_rounds = pl.DataFrame(
        {"round_number": [1], "steam_id": [ONE], "team": ["a"], "side": ["ct"]},
        schema={"round_number": pl.Int16, "steam_id": pl.Int64, "team": TEAM, "side": SIDE},
    )
    return Utility(tables, Identity(NO_BOTS, slots), rounds, in_rounds, 4)


def throwers(found: Utility) -> list[tuple[str, int | None]]:
    return found.grenades().select("kind", "thrower_steam_id").rows()


def test_the_nearest_thrower_of_that_kind_at_that_time() -> None:
    shots = [
        shot(TWO, "molotov", x=100.0),
        shot(ONE, "molotov", x=20.0),
        shot(THREE, "hegrenade"),
        shot(THREE, "molotov", tick=100 - THROW_TICKS - 1),
    ]
    found = utility(flight(9, "molotov"), shots)
    assert throwers(found) == [("molotov", ONE)]
    assert found.grenades().item(0, "thrower_side") == "ct"


def test_too_far_or_too_late_is_nobody() -> None:
    shots = [shot(ONE, "flashbang", x=THROW_REACH_U + 1), shot(TWO, "flashbang", tick=100 + THROW_TICKS + 1)]
    assert throwers(utility(flight(9, "flashbang"), shots)) == [("flash", None)]


def test_an_incendiary_flies_as_a_molotov() -> None:
    assert throwers(utility(flight(9, "molotov"), [shot(ONE, "incgrenade")])) == [("incendiary", ONE)]


def test_the_detonation_of_the_entity_goes_before_a_nearer_shot() -> None:
    burst = pl.DataFrame({"tick": [197], "userid": ["2"], "entityid": ["9"], "x": ["96.0"], "y": ["0"], "z": ["1.5"]})
    found = utility(flight(9, "flashbang"), [shot(ONE, "flashbang")], events={"flashbang_detonate": burst})
    assert throwers(found) == [("flash", TWO)]
    effect = found.grenades().select("effect_tick", "end_tick", "effect_x", "effect_z").row(0)
    assert effect == (197, 197, 96.0, 1.5)


def test_a_used_again_entity_is_another_grenade() -> None:
    again = [{**row, "entity_serial": 8} for row in flight(9, "he", first=300, last=350)]
    earlier = pl.DataFrame({"tick": [197], "userid": ["1"], "entityid": ["9"], "x": ["0"], "y": ["0"], "z": ["0"]})
    found = utility([*flight(9, "he"), *again], [], events={"hegrenade_detonate": earlier}).grenades()
    assert found.select("throw_tick", "effect_tick", "thrower_steam_id").rows() == [(100, 197, ONE), (300, None, None)]


def test_a_grenade_that_lies_still_for_long_still_goes_off() -> None:
    burst = pl.DataFrame({"tick": [290], "userid": ["2"], "entityid": ["9"], "x": ["96.0"], "y": ["0"], "z": ["1.5"]})
    again = [{**row, "entity_serial": 8} for row in flight(9, "flashbang", first=300, last=350)]
    found = utility([*flight(9, "flashbang"), *again], [], events={"flashbang_detonate": burst}).grenades()
    assert found.select("throw_tick", "effect_tick", "thrower_steam_id").rows() == [(100, 290, TWO), (300, None, None)]


def test_a_decoy_does_not_end_before_it_starts() -> None:
    """It lay still, and the parser told no more of it, when it started."""
    start = pl.DataFrame({"tick": [200], "userid": ["1"], "entityid": ["9"], "x": ["96.0"], "y": ["0"], "z": ["1.5"]})
    found = utility(flight(9, "decoy"), [], events={"decoy_started": start}).grenades()
    assert found.select("effect_tick", "end_tick").rows() == [(200, 200)]


def test_the_next_use_of_an_entity_keeps_its_own_detonation() -> None:
    burst = pl.DataFrame({"tick": [350], "userid": ["2"], "entityid": ["9"], "x": ["96.0"], "y": ["0"], "z": ["1.5"]})
    again = [{**row, "entity_serial": 8} for row in flight(9, "flashbang", first=300, last=350)]
    found = utility([*flight(9, "flashbang"), *again], [], events={"flashbang_detonate": burst}).grenades()
    assert found.select("throw_tick", "effect_tick").rows() == [(100, None), (300, 350)]


def test_fire_where_the_bottle_was_last_seen() -> None:
    burning = {"start_tick": 198, "end_tick": 640, "entity_id": 11, "entity_serial": 1, "x": 100.0, "y": 5.0, "z": 60.0}
    elsewhere = {**burning, "start_tick": 197, "x": 2000.0}
    found = utility(flight(9, "molotov"), [shot(ONE, "molotov")], fires=[elsewhere, burning])
    grenade = found.grenades().row(0, named=True)
    assert (grenade["effect_tick"], grenade["end_tick"], grenade["effect_x"]) == (198, 640, 100.0)
    assert found.fires().select("start_tick", "thrower_steam_id").rows() == [(197, None), (198, ONE)]


def test_smoke_without_an_end_lasts_until_the_round_is_cleared() -> None:
    bloom = pl.DataFrame({"tick": [196], "userid": ["1"], "entityid": ["9"], "x": ["96"], "y": ["0"], "z": ["0"]})
    found = utility(flight(9, "smoke"), [], events={"smokegrenade_detonate": bloom})
    assert found.smokes().select("start_tick", "end_tick", "thrower_steam_id", "x").rows() == [(196, 5000, ONE, 96.0)]


def test_a_cloud_without_a_flight_is_kept() -> None:
    cloud = {"start_tick": 196, "end_tick": 1300, "entity_id": 9, "entity_serial": 7, "x": 1.0, "y": 2.0, "z": 3.0}
    found = utility([], [], smokes=[cloud])
    assert found.grenades().is_empty()
    assert found.smokes().select("start_tick", "end_tick", "grenade_id", "x").rows() == [(196, 1300, None, 1.0)]


def test_flights_are_sampled_with_their_first_and_last_row() -> None:
    ticks = utility(flight(9, "he", first=100, last=150), []).projectiles()["tick"].to_list()
    assert ticks == [*range(100, 149, 4), 150]
