"""How things stand with sources: kept after every visit, read by pages."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from offangle.db.models import SourceState, User


def states_of(user: User) -> QuerySet[SourceState]:
    """The user's sources, those that were visited."""
    return SourceState.objects.filter(user=user).order_by("source", "account")


def cursor_of(user: User, source: str, account: str = "") -> str:
    """Where the next search goes on; empty where there was none."""
    found = states_of(user).filter(source=source, account=account).values_list("cursor", flat=True).first()
    return found or ""


def note_success(user: User, source: str, account: str, *, cursor: str, at: datetime) -> None:
    """A visit went well."""
    values = {"cursor": cursor, "last_seen_at": at, "last_error": "", "last_error_hint": "", "failures": 0}
    SourceState.objects.update_or_create(
        user=user, source=source, account=account, defaults={**values, "next_try_at": None, "is_halted": False}
    )


def note_failure(user: User, source: str, account: str, *, error: str, hint: str) -> SourceState:
    """A visit went wrong, once more; `plan_next` says when it is tried again."""
    with transaction.atomic():
        state, _ = SourceState.objects.select_for_update().get_or_create(user=user, source=source, account=account)
        state.last_error, state.last_error_hint = error.replace("\0", ""), hint.replace("\0", "")
        state.failures += 1
        state.save(update_fields=["last_error", "last_error_hint", "failures"])
        return state


def plan_next(state: SourceState, at: datetime | None) -> None:
    """When to try again; None: not before somebody has changed something."""
    state.next_try_at, state.is_halted = at, at is None
    state.save(update_fields=["next_try_at", "is_halted"])
