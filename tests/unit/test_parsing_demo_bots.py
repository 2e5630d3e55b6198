"""Bots are told apart by slot and time: names are used twice, and used again."""

import polars as pl
import pytest

from makers.bot_sightings import properties
from offangle.parsing.demo.bots import NO_BOTS, bots_of

HUMAN = 76561198000000001
BODY = 900


def ids(*rows: tuple[int, int, str, int]) -> list[tuple[int, str]]:
    """steam_id and name of each bot, in the order of its first sighting."""
    return [(row[0], row[1]) for row in bots_of(properties(*rows)).names.rows()]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(1, 0, "A", BODY)], [(-1, "A")]),
        ([(1, 0, "A", BODY), (1, 5, "A", BODY + 5)], [(-1, "A"), (-6, "A")]),
        ([(1, 0, "A", BODY), (9, 10, "A", BODY)], [(-1, "A"), (-11, "A")]),
        ([(1, 3, "A", BODY), (9, 3, "B", BODY)], [(-4, "A"), (-68, "B")]),
        ([(1, 3, "A", BODY), (9, 3, "B", BODY), (20, 3, "A", BODY)], [(-4, "A"), (-68, "B")]),
        ([(1, 16000, "A", BODY)], []),
    ],
    ids=["one", "one name twice", "a name used again later", "a slot used again", "back again", "no slot of a server"],
)
def test_each_bot_has_an_id_of_its_own(rows: list[tuple[int, int, str, int]], expected: list[tuple[int, str]]) -> None:
    assert ids(*rows) == expected


def test_bots_of_one_name_are_told_apart_by_their_bodies() -> None:
    bots = bots_of(properties((1, 0, "A", 900), (1, 5, "A", 905)))
    rows = pl.DataFrame(
        {
            "tick": [1, 50, 50, 50],
            "victim_steamid": pl.Series([0, 0, HUMAN, 0], dtype=pl.UInt64),
            "victim_name": ["A", "A", "me", "A"],
            "victim_entity_id": [900, 905, 910, 1],
        }
    )
    assert bots.resolve(rows, "victim_")["victim_steamid"].to_list() == [-1, -6, HUMAN, None]


def test_a_body_used_again_belongs_to_whoever_has_it_then() -> None:
    bots = bots_of(properties((10, 0, "A", 900), (20, 0, "A", 900), (30, 4, "B", 900)))
    rows = pl.DataFrame({"tick": [5, 25, 30, 99], "steamid": [0] * 4, "name": ["?"] * 4, "entity_id": [900] * 4})
    assert bots.resolve(rows)["steamid"].to_list() == [-1, -1, -5, -5]


def test_states_of_bots_of_one_name_are_told_apart_by_their_order() -> None:
    bots = bots_of(properties((1, 0, "A", 900), (1, 5, "A", 905), (2, 5, "A", 905)))
    states = pl.DataFrame(
        {"tick": [1, 1, 1, 2], "steamid": pl.Series([0, HUMAN, 0, 0], dtype=pl.UInt64), "name": ["A", "A", "A", "A"]}
    )
    assert bots.resolve_snapshots(states, "name")["steamid"].to_list() == [-1, HUMAN, -6, -6]


def test_without_bots_nobody_is_one() -> None:
    states = pl.DataFrame({"tick": [1, 1], "steamid": [0, HUMAN], "name": ["SourceTV", "me"]})
    assert NO_BOTS.resolve_snapshots(states, "name")["steamid"].to_list() == [None, HUMAN]
    assert NO_BOTS.resolve(states)["steamid"].to_list() == [None, HUMAN]


def test_a_bot_whose_body_a_person_moves_stays_itself() -> None:
    rows = properties((1, 9, "Bot", 900), (2, 9, "me", 900), (3, 9, "Bot", 900)).with_columns(
        m_hOriginalController=pl.Series([10, 10, 10]), m_hController=pl.Series([10, 9, 10])
    )
    bots = bots_of(rows)
    assert bots.names.select("steam_id", "name").rows() == [(-10, "Bot")]
    assert bots.sightings["steam_id"].to_list() == [-10] * 3


def test_a_bot_whose_slot_is_not_told_all_the_time_stays_itself() -> None:
    rows = properties((1, 9, "Bot", 900), (2, 9, "Bot", 900)).with_columns(m_hController=pl.Series([10, None]))
    assert bots_of(rows).sightings["steam_id"].to_list() == [-10, -10]
