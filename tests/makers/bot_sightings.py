"""Bots as a recording shows them, a row for each bot and tick."""

import polars as pl

from offangle.parsing.demo.bots import bots_of

FIRST_CONTROLLER = 1
SERIAL = 317 << 14  # a handle has more bits than the entity's number


def properties(*rows: tuple[int, int, str, int]) -> pl.DataFrame:
    """Raw properties of bots: tick, slot, name and the entity of the body."""
    return pl.DataFrame(
        {
            "tick": [row[0] for row in rows],
            "steamid": pl.Series([0] * len(rows), dtype=pl.UInt64),
            "m_iszPlayerName": [row[2] for row in rows],
            "m_hController": [row[1] + FIRST_CONTROLLER | SERIAL for row in rows],
            "m_hOriginalController": [None] * len(rows),
            "m_hPlayerPawn": [row[3] | SERIAL for row in rows],
            "m_iTeamNum": [2] * len(rows),
        }
    )


def sightings(*rows: tuple[int, int, str, int]) -> pl.DataFrame:
    """The sightings of these bots."""
    return bots_of(properties(*rows)).sightings
