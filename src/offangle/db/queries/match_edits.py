"""What a match's owner has corrected: names of the teams and when it was played.

Corrections are kept apart from the columns and written over them whenever the match's rows are made anew.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from offangle.db.models import Match

TEXT_FIELDS = ("team_a_name", "team_b_name", "server_name")
EDITABLE = (*TEXT_FIELDS, "played_at")


def edited_values(match_id: UUID) -> dict[str, Any]:
    """The corrected columns of a match, to be written over what its source tells."""
    edits = Match.objects.filter(pk=match_id).values_list("edits", flat=True).first() or {}
    return {name: _read(name, value) for name, value in edits.items() if name in EDITABLE}


def edit_match(match: Match, changes: dict[str, Any]) -> Match:
    """Correct columns of a match; a value of None takes the correction back, with the next time its rows are made.

    Args:
        match: Which.
        changes: Columns of `EDITABLE`; text fits its column, times know their zone.
    """
    with transaction.atomic():
        found = Match.objects.select_for_update().get(pk=match.pk)
        kept = {**found.edits, **{name: _written(value) for name, value in changes.items() if name in EDITABLE}}
        found.edits = {name: value for name, value in kept.items() if value is not None}
        for name, value in changes.items():
            if name in EDITABLE and value is not None:
                setattr(found, name, value)
        found.save(update_fields=["edits", *EDITABLE])
    return found


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name == "played_at" else value
