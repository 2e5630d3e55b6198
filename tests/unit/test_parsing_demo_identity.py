"""Bots stay one player each, and slots lead to players."""

import polars as pl
import pytest

from offangle.parsing.demo.awpy_source import AwpyTables
from offangle.parsing.demo.identity import identify

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


@pytest.mark.parametrize(
    ("shots", "expected"),
    [
        ([], {"Ann": -65, "Bob": -66}),
        ([(5, 0, "Bob", 3)], {"Ann": -65, "Bob": -4}),
        ([(5, 0, "Bob", 3), (6, 0, "Ann", 7)], {"Ann": -8, "Bob": -4}),
        ([(5, 0, "Bob", 3), (9, 0, "Bob", 4)], {"Ann": -65, "Bob": -4}),
        ([(5, 0, "Bob", 3), (6, 0, "Ann", 3)], {"Ann": -65, "Bob": -4}),
        ([(5, HUMAN, "me", 3)], {"Ann": -65, "Bob": -66}),
    ],
)
def test_bots(shots: list[tuple[int, int, str, int]], expected: dict[str, int]) -> None:
    identity = identify(tables(shots, [(HUMAN, "me"), (0, "Bob"), (0, "Ann")]))
    assert identity.bot_ids == expected


def test_a_slot_is_whoever_was_seen_in_it_nearest() -> None:
    identity = identify(tables([(10, HUMAN, "me", 2), (100, 0, "Bob", 2)], [(HUMAN, "me"), (0, "Bob")]))
    asked = pl.DataFrame({"tick": [0, 20, 90, 500, 20], "userid": ["2", "2", "2", "2", "9"]})
    found = identity.resolve_slot(asked).sort("tick", "slot")
    assert found["steam_id"].to_list() == [HUMAN, HUMAN, None, -3, -3]


def test_who_did_nothing_but_defuse_is_known_by_that() -> None:
    identity = identify(tables([], [(HUMAN, "me")], defuses=[(700, HUMAN, "me", 5)]))
    begun = pl.DataFrame({"tick": [380], "userid": ["5"]})
    assert identity.resolve_slot(begun)["steam_id"].to_list() == [HUMAN]


def test_nobody_stays_nobody() -> None:
    identity = identify(tables([], [(0, "Bob")]))
    frame = pl.DataFrame(
        {"steamid": [HUMAN, 0, 0, None], "name": ["me", "Bob", "unheard of", None]},
        schema_overrides={"steamid": pl.UInt64},
    )
    assert frame.select(identity.steam_id()).to_series().to_list() == [HUMAN, -65, None, None]


def test_events_that_do_not_match_the_dataset_teach_nothing() -> None:
    twisted = tables([(10, HUMAN, "me", 2)], [(HUMAN, "me")])
    twisted.events["weapon_fire"] = pl.DataFrame({"tick": [11], "userid": ["2"]})
    assert identify(twisted).slots.is_empty()
