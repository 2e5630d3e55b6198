"""Damage is what was really removed: overkill is capped at the health left."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle.parsing.demo.combat import cap_damage

Hit = tuple[int, int, int]  # round, victim, damage as the event states it


def hits(rows: list[Hit]) -> pl.DataFrame:
    """Hits in order, with the health that each leaves."""
    health: dict[tuple[int, int], int] = {}
    after = []
    for round_number, victim, raw in rows:
        left = max(0, health.get((round_number, victim), 100) - raw)
        health[round_number, victim] = left
        after.append(left)
    return pl.DataFrame(
        {
            "round_number": [row[0] for row in rows],
            "victim_body": [row[1] for row in rows],
            "health_damage_raw": [row[2] for row in rows],
            "victim_health_after": after,
        },
        schema=dict.fromkeys(("round_number", "victim_body", "health_damage_raw", "victim_health_after"), pl.Int64),
    )


@pytest.mark.parametrize(
    ("rows", "removed"),
    [
        ([(1, 7, 27)], [27]),
        ([(1, 7, 100)], [100]),
        ([(1, 7, 448)], [100]),
        ([(1, 7, 27), (1, 7, 93)], [27, 73]),
        ([(1, 7, 27), (1, 8, 93), (1, 7, 93)], [27, 93, 73]),
        ([(1, 7, 120), (1, 7, 30)], [100, 0]),
        ([(1, 7, 99), (2, 7, 120)], [99, 100]),
        ([(1, 7, 0), (1, 7, 101)], [0, 100]),
    ],
)
def test_edges(rows: list[Hit], removed: list[int]) -> None:
    assert cap_damage(hits(rows))["health_damage"].to_list() == removed


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 500)), max_size=40).map(
        lambda rows: sorted(rows, key=lambda row: row[0])
    )
)
def test_nobody_loses_more_than_a_life_per_round(rows: list[Hit]) -> None:
    capped = cap_damage(hits(rows))
    health: dict[tuple[int, int], int] = {}
    for (round_number, victim, raw), removed in zip(rows, capped["health_damage"], strict=True):
        before = health.get((round_number, victim), 100)
        assert removed == min(raw, before)
        health[round_number, victim] = before - removed
