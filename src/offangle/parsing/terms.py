"""The words that callers and readers share; importing them loads no parser."""

from collections.abc import Callable
from typing import Final, Literal

MatchFileKind = Literal["demo", "match_zip"]

Progress = Callable[[str, float], None]
"""Told the stage and the share done, from 0 to 1."""

DEFAULT_SAMPLE_RATE_HZ: Final = 16.0
"""Rows per player and second in the ticks table: enough for a smooth replay at a quarter of the memory."""


def is_rust_panic(error: BaseException) -> bool:
    """Whether a Rust extension panicked: such exceptions are no `Exception` and have no importable class."""
    return type(error).__name__ == "PanicException"
