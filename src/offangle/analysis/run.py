"""From the tables of a match to everything derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from offangle.analysis.checks import run_checks
from offangle.analysis.context import prepare
from offangle.analysis.duels import duel_matrix
from offangle.analysis.player_rounds import player_round_stats
from offangle.analysis.players import player_stats
from offangle.analysis.round_table import round_stats
from offangle.analysis.tables import DERIVED_TABLES
from offangle.frames.collection import MatchFrames


@dataclass(frozen=True, slots=True)
class Analysis:
    """The derived tables of one match, by the names in `DERIVED_TABLES`; all of them are always there."""

    tables: Mapping[str, pl.DataFrame]

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The derived table `name`.

        Raises:
            KeyError: No such table is derived.
        """
        return self.tables[name]


def analyse(frames: MatchFrames) -> Analysis:
    """Derive all tables of `DERIVED_TABLES` from checked `frames`.

    A match without a counted round gives empty tables and its checks.
    """
    match = prepare(frames)
    rows = player_round_stats(match)
    players = player_stats(rows, frames)
    derived = {
        "player_stats": players,
        "round_stats": round_stats(match, rows),
        "player_round_stats": rows,
        "clutches": match.clutches,
        "trades": match.trades,
        "opening_duels": match.openings,
        "duel_matrix": duel_matrix(match.kills),
        "checks": run_checks(match, rows, players),
    }
    return Analysis({name: _shaped(name, table) for name, table in derived.items()})


def _shaped(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """The declared columns, in order and cast; a missing one is a fault of this room and raises."""
    declared = DERIVED_TABLES[name].columns()
    return table.select(pl.col(column).cast(kind.dtype) for column, kind in declared.items())
