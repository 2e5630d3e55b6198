"""Slots lead to players, and bots are named in all rows."""

import polars as pl

from makers.bot_sightings import sightings
from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.bots import NO_BOTS, Bots
from offangle.parsing.demo.identity import identify, steam_id

HUMAN = 76561198000000001
SHOT_SCHEMA = {"tick": pl.Int32, "steamid": pl.UInt64, "name": pl.String}
ROLES = ("victim", "attacker")


def tables(
    shots: list[tuple[int, int, str, int]],
    players: list[tuple[int, str]],
    defuses: list[tuple[int, int, str, int]] | None = None,
) -> AwpyTables:
    """A recording of shots and defuses alone: tick, steamid, name and the slot of the raw event."""
    paired = pl.DataFrame(
        schema={"tick": pl.Int32}
        | {f"{role}_steamid": pl.UInt64 for role in ROLES}
        | {f"{role}_name": pl.String for role in ROLES}
    )
    defuses = defuses or []
    events = {
        name: pl.DataFrame(
            {"tick": [row[0] for row in rows], "userid": [str(row[3]) for row in rows]},
            schema={"tick": pl.Int64, "userid": pl.String},
        )
        for name, rows in (("weapon_fire", shots), ("bomb_defused", defuses))
    }
    bomb = pl.DataFrame([row[:3] for row in defuses], schema=SHOT_SCHEMA, orient="row")
    return AwpyTables(
        datasets={
            "players": pl.DataFrame(players, schema={"steamid": pl.UInt64, "name": pl.String}, orient="row"),
            "shots": pl.DataFrame([shot[:3] for shot in shots], schema=SHOT_SCHEMA, orient="row"),
            "kills": paired,
            "damages": paired,
            "bomb": bomb.with_columns(event=pl.lit("defuse")),
        },
        events=events,
        header={},
        convars={},
        tick_rate=64.0,
    )


def test_a_slot_is_whoever_was_seen_in_it_nearest() -> None:
    bots = Bots(sightings((100, 2, "Bob", 900)))
    identity, _ = identify(tables([(10, HUMAN, "me", 2), (100, 0, "Bob", 2)], [(HUMAN, "me"), (0, "Bob")]), bots)
    asked = pl.DataFrame({"tick": [0, 20, 90, 500, 20], "userid": ["2", "2", "2", "2", "9"]})
    found = identity.resolve_slot(asked).sort("tick", "slot")
    assert found["steam_id"].to_list() == [HUMAN, HUMAN, None, -3, -3]


def test_who_did_nothing_but_defuse_is_known_by_that() -> None:
    identity, _ = identify(tables([], [(HUMAN, "me")], defuses=[(700, HUMAN, "me", 5)]), NO_BOTS)
    begun = pl.DataFrame({"tick": [380], "userid": ["5"]})
    assert identity.resolve_slot(begun)["steam_id"].to_list() == [HUMAN]


def test_a_bot_that_no_event_tells_is_known_by_its_slot() -> None:
    identity, _ = identify(tables([], [(0, "Bob")]), Bots(sightings((5, 7, "Bob", 900))))
    assert identity.resolve_slot(pl.DataFrame({"tick": [80], "userid": ["7"]}))["steam_id"].to_list() == [-8]


def test_nobody_stays_nobody() -> None:
    shots = [(1, HUMAN, "me", 1), (2, 0, "Bob", 2), (3, 0, "unheard of", 3)]
    _, named = identify(tables(shots, [(0, "Bob")]), Bots(sightings((1, 2, "Bob", 900))))
    assert named.datasets["shots"].select(steam_id()).to_series().to_list() == [HUMAN, -3, None]


def test_events_that_do_not_match_the_dataset_teach_nothing() -> None:
    twisted = tables([(10, HUMAN, "me", 2)], [(HUMAN, "me")])
    twisted.events["weapon_fire"] = pl.DataFrame({"tick": [11], "userid": ["2"]})
    assert identify(twisted, NO_BOTS)[0].slots.is_empty()
