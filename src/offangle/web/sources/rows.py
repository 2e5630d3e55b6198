"""Every source there is, with how things stand with it for one person."""

from collections import defaultdict
from collections.abc import Iterator

from offangle.db.models import SourceState, User
from offangle.db.queries.sources import states_of
from offangle.sources.registry import SOURCES
from offangle.web.sources.schemas import SourceRow


def source_rows(user: User) -> list[SourceRow]:
    """A row per source, and per account where there are several; those never visited are there too."""
    return list(_rows(user))


def _rows(user: User) -> Iterator[SourceRow]:
    found: dict[str, list[SourceState]] = defaultdict(list)
    for state in states_of(user):
        found[state.source].append(state)
    for entry in SOURCES:
        for state in found[entry.name] or [SourceState(user=user, source=entry.name)]:
            yield SourceRow(
                source=entry.name,
                label=entry.label,
                how=entry.how,
                account=state.account,
                last_seen_at=state.last_seen_at,
                error=state.last_error,
                hint=state.last_error_hint,
                failures=state.failures,
                next_try_at=state.next_try_at,
                is_halted=state.is_halted,
            )
