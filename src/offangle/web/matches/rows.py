"""Rows of stored tables as JSON: the schema of each is its table's own declaration, so that the two cannot differ."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import dataframely as dy
import polars as pl
from ninja import Schema
from pydantic import Field, create_model

from offangle.frames.registry import TABLES
from offangle.web.shared.api.values import Number, SteamId

STEAM_ID_SUFFIX: Final = "steam_id"


def row_model(title: str, table: str) -> type[Schema]:
    """The JSON schema of one row of `table`, with descriptions and units from its declaration."""
    declared = TABLES[table]
    fields: dict[str, Any] = {name: _field(name, column) for name, column in declared.columns().items()}
    return create_model(title, __base__=Schema, __doc__=declared.__doc__, **fields)


def _field(name: str, column: dy.Column) -> tuple[Any, Any]:
    kind = SteamId if name.endswith(STEAM_ID_SUFFIX) else _python_type(column)
    described = column.description or ""
    unit = (column.metadata or {}).get("unit", "")
    description = f"{described} [{unit}]".strip() if unit else described or None
    return (kind | None if column.nullable else kind, Field(description=description))


def _python_type(column: dy.Column) -> Any:
    if isinstance(column, dy.Enum):
        return Literal[tuple(column.categories)]
    if isinstance(column, dy.List):
        return list[str]
    return next(kind for dtype, kind in _TYPES.items() if column.dtype.is_(dtype) or _is_group(column, dtype))


def _is_group(column: dy.Column, dtype: Any) -> bool:
    return (dtype is pl.Int64 and column.dtype.is_integer()) or (dtype is pl.Float64 and column.dtype.is_float())


_TYPES: Final[Mapping[Any, Any]] = {
    pl.Int64: int,
    pl.Float64: Number,
    pl.Boolean: bool,
    pl.String: str,
    pl.Categorical: str,
    pl.Datetime: datetime,
}

KillRow: Any = row_model("KillRow", "kills")
DamageRow: Any = row_model("DamageRow", "damages")
EconomyRow: Any = row_model("EconomyRow", "economy")
