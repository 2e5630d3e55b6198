"""Values as they stand in JSON: SteamIDs are text, because a 64-bit number does not survive JavaScript."""

import math
import re
from datetime import date
from typing import Annotated, Any, Final

from ninja import Path
from pydantic import BeforeValidator, Field

STEAM_ID_PATTERN: Final = r"^-?[0-9]{1,18}$"
"""SteamID64 have 17 digits; bots carry negative ids. 18 digits always fit 64 bits."""
SHA256_PATTERN: Final = r"^[0-9a-f]{64}$"


DAY_PATTERN: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: Any) -> Any:
    """Only the form the schema names; the library would also take numbers of seconds and weeks."""
    if isinstance(value, str) and not DAY_PATTERN.fullmatch(value):
        raise ValueError("write a day as YYYY-MM-DD")
    return value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity; both mean "not known" here."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


SteamId = Annotated[
    str,
    Field(pattern=STEAM_ID_PATTERN, examples=["76561197960287930"]),
    BeforeValidator(_text),
]
"""A SteamID64; bots have negative ids."""
SteamIdInPath = Annotated[str, Path(pattern=STEAM_ID_PATTERN, description="SteamID64; bots have negative ids")]
Number = Annotated[float | None, BeforeValidator(_finite)]
Day = Annotated[date, BeforeValidator(_day)]
