"""The rounds behind a number, as pages list and link them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from offangle.core.maps import map_title
from offangle.db.models import Match

MOST_ROUNDS: Final = 200
"""Listed at once; a page with thousands of lines helps nobody."""


@dataclass(frozen=True, slots=True)
class MatchRounds:
    """Rounds of one match that a number rests on."""

    match_id: UUID
    title: str
    at: datetime | None
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rounds, match by match, latest match first; `left_out` counts those beyond the most that are listed."""

    title: str
    matches: tuple[MatchRounds, ...]
    rounds: int
    left_out: int


def evidence(title: str, links: Iterable[tuple[str, int]]) -> Evidence:
    """Group links by match and name the matches."""
    every = list(dict.fromkeys(links))
    shown = every[-MOST_ROUNDS:]
    by_match: dict[UUID, list[int]] = {}
    for match_id, number in shown:
        by_match.setdefault(UUID(match_id), []).append(number)
    found = Match.objects.in_bulk(list(by_match))
    groups = [
        MatchRounds(key, map_title(found[key].map_name), found[key].played_at, tuple(sorted(numbers)))
        for key, numbers in by_match.items()
        if key in found
    ]
    return Evidence(title, tuple(reversed(groups)), len(every), len(every) - len(shown))


def asked(query: Any, *names: str) -> dict[str, str] | None:
    """The values of `names` in an address; None where not all of them are there."""
    values = {name: query.get(name, "") for name in names}
    return values if all(values.values()) else None
