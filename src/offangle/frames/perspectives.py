"""A match from every perspective: who saw it, what each client showed, and where that was not what the server decided.

These tables are made beside those of `registry`, and are read and written apart from them: no import brings them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import dataframely as dy
import polars as pl

from offangle.core.errors import ContractError
from offangle.core.perspectives import (
    BASES,
    DESYNC_CLASSES,
    GRANULARITIES,
    MERGES,
    PERSPECTIVE_KINDS,
    PERSPECTIVE_SOURCES,
    SHOWN_AS,
)
from offangle.frames import columns as col


def _share() -> dy.Float64:
    return dy.Float64(nullable=True, min=0.0, max=1.0)


def _link_time() -> dy.Float64:
    return dy.Float64(nullable=True, min=0.0, metadata=col.unit("ms"))


class PerspectivesTable(dy.Schema):
    """One row per perspective of a match; the server's has no steam_id and no link. What is not known is null."""

    kind = dy.Enum(PERSPECTIVE_KINDS)
    steam_id = col.steam_id(nullable=True, description="Null: the server")
    source = dy.Enum(PERSPECTIVE_SOURCES)
    basis = dy.Enum(BASES)
    granularity = dy.Enum(GRANULARITIES)
    displayed_every_ticks = dy.Int32(min=0, metadata=col.unit("tick"), description="Of `displayed`; 0: no rows there")
    region = dy.String(nullable=True)
    data_centre = dy.String(nullable=True, description="Null for a player's home")
    rack = dy.String(nullable=True)
    host = dy.String(nullable=True, description="Perspectives with the same host share a machine")
    connection = dy.String(nullable=True, description="Such as `fibre` or `wifi`")
    delay_ms = _link_time()
    jitter_ms = _link_time()
    loss = _share()
    loss_burst = dy.Float64(nullable=True, min=1.0, description="Packets lost in a row, on average")
    reorder = _share()
    batch_ticks = dy.Int32(nullable=True, min=1, metadata=col.unit("tick"))
    interpolation_ticks = dy.Float64(nullable=True, min=0.0, metadata=col.unit("tick"))
    clock_offset_ms = dy.Float64(nullable=True, metadata=col.unit("ms"), description="> 0: ahead of the server's")
    clock_drift_ppm = dy.Float64(nullable=True, metadata=col.unit("ppm"), description="> 0: faster than the server's")

    @dy.rule()
    def one_row_each(cls) -> pl.Expr:  # noqa: N805 -- dataframely's rules are class methods
        """At most one server, and one row per client."""
        return pl.struct("kind", "steam_id").is_unique()

    @dy.rule()
    def clients_are_players(cls) -> pl.Expr:  # noqa: N805 -- dataframely's rules are class methods
        """A client belongs to a player, the server to nobody."""
        return (pl.col("kind") == "server") == pl.col("steam_id").is_null()


class DisplayedTable(dy.Schema):
    """One row per client, frame and player: what the client showed while it made its command for the next tick.

    A frame is named by the newest tick that the server had finished. Players who were dead on the server and on the
    client have no row. Sorted by tick, viewer and subject, which are the key; the writer holds it, as in `ticks`.
    """

    tick = col.tick(description="The frame")
    round_number = col.round_number()
    viewer_steam_id = col.steam_id()
    subject_steam_id = col.steam_id()
    x = col.position()
    y = col.position()
    z = col.position()
    pitch_deg = col.angle()
    yaw_deg = col.angle()
    health = dy.Int16(min=0)
    is_alive = dy.Bool()
    shown_as = dy.Enum(SHOWN_AS)
    render_tick = col.tick(description="The time at which others are shown")
    render_fraction = dy.Float32(min=0.0, max=1.0, description="How far from `render_tick` to the next")
    divergence_u = dy.Float32(min=0.0, metadata=col.unit("u"), description="To the server's state of the frame's tick")
    divergence_deg = dy.Float32(
        nullable=True, min=0.0, max=180.0, metadata=col.unit("deg"), description="From the viewer's eye; null: oneself"
    )


class DesyncEventsTable(dy.Schema):
    """One row per desync, from the tick it opened at to the one at which it merged. Sorted by event_id.

    Events of the same viewer, subject and class do not overlap; of different classes they may.
    """

    event_id = dy.Int32(primary_key=True, min=0)
    viewer_steam_id = col.steam_id(description="Whose client")
    subject_steam_id = col.steam_id(description="About whom; the viewer for its own prediction and its own death")
    desync_class = dy.Enum(DESYNC_CLASSES)
    basis = dy.Enum(BASES)
    round_number = col.round_number()
    opened_tick = col.tick(description="The first frame that was wrong")
    closed_tick = col.tick(nullable=True, description="The first frame that was right again; null: still open")
    merge = dy.Enum(MERGES, nullable=True)
    max_divergence_u = dy.Float32(
        min=0.0, metadata=col.unit("u"), description="While both had the subject alive; 0: only health or life differed"
    )
    max_divergence_deg = dy.Float32(nullable=True, min=0.0, max=180.0, metadata=col.unit("deg"))
    shot_ticks = dy.List(dy.Int32(), description="Shots of the viewer at the subject")
    hit_ticks = dy.List(dy.Int32(), description="Hits between viewer and subject")
    death_ticks = dy.List(dy.Int32(), description="Deaths between viewer and subject")
    died_behind_cover = dy.Bool(
        nullable=True, description="The viewer died without having the attacker in sight; null: did not die, or unknown"
    )

    @dy.rule()
    def closed_or_open(cls) -> pl.Expr:  # noqa: N805 -- dataframely's rules are class methods
        """An event that closed says how, after it opened."""
        closed = pl.col("closed_tick")
        return (closed.is_null() == pl.col("merge").is_null()) & (closed.is_null() | (closed > pl.col("opened_tick")))


PERSPECTIVE_TABLES: Final[Mapping[str, type[dy.Schema]]] = MappingProxyType(
    {"perspectives": PerspectivesTable, "desyncs": DesyncEventsTable, "displayed": DisplayedTable}
)
"""Tables of perspectives by name."""


def checked_perspectives(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its columns cast to what the table declares, and checked.

    Raises:
        KeyError: No table of perspectives has that name.
        ContractError: A column is missing or cannot be cast, or a rule is broken.
    """
    schema = PERSPECTIVE_TABLES[name]
    try:
        return schema.validate(frame.select(schema.column_names()), cast=True)
    except (pl.exceptions.PolarsError, dy.exc.ValidationError, dy.exc.SchemaError) as error:
        raise ContractError(f"table {name}: {error}") from error
