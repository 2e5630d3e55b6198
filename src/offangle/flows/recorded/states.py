"""Where a match file stands: every change of `Demo.state`, each one named, each one statement with what it starts from.

    stored     -> queued, processing, published, failed
    queued     -> processing, published, failed
    processing -> published, failed
    failed     -> queued, processing, published
    any        -> deleting -> gone; or stored again, when somebody brings the file before it is gone

A published file stays published while it is run again, whatever becomes of that; its failure is kept beside it.
Each function says whether the file was in a state to make the change from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, F, QuerySet, Value, When

from offangle.db.models import Demo
from offangle.flows.recorded.version import PIPELINE_VERSION

State = Demo.State

OPEN: Final = (State.STORED, State.QUEUED, State.PROCESSING)
"""A job works on it, or should."""
ENDED: Final = (State.PUBLISHED, State.FAILED)

NO_FAILURE: Final[Mapping[str, Any]] = {"failure": "", "failure_hint": "", "failure_is_permanent": False}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file was not taken through.

    Attributes:
        reason: What happened, for people.
        hint: What they can do.
        permanent: Whether trying the same again cannot help.
    """

    reason: str
    hint: str
    permanent: bool

    def columns(self) -> dict[str, Any]:
        """As the row keeps it; PostgreSQL knows no NUL."""
        return {
            "failure": self.reason.replace("\0", ""),
            "failure_hint": self.hint.replace("\0", ""),
            "failure_is_permanent": self.permanent,
        }


CANCELLED: Final = Failure("The import was cancelled.", "Retry it on the jobs page, or delete it.", permanent=True)


def queued(sha256: str, job_id: str) -> bool:
    """`job_id` is asked for: stored and failed files wait for it, any other goes on as it is."""
    waiting = Case(When(state__in=(State.STORED, State.FAILED), then=Value(State.QUEUED)), default=F("state"))
    return _wanted(sha256).update(job_id=job_id, state=waiting, **NO_FAILURE) == 1


def began(sha256: str) -> bool:
    """Its job is at work; a published one stays published meanwhile."""
    rows = Demo.objects.filter(pk=sha256, state__in=(*OPEN, State.FAILED))
    return rows.update(state=State.PROCESSING, **NO_FAILURE) == 1


def published(sha256: str) -> bool:
    """Its match is there. False: it is being deleted, or gone."""
    values = {"state": State.PUBLISHED, "pipeline_version": PIPELINE_VERSION, **NO_FAILURE}
    return _wanted(sha256).update(**values) == 1


def failed(sha256: str, failure: Failure) -> bool:
    """Its job died; the file stays for a newer parser, and what was published before stays published."""
    state = Case(When(state=State.PUBLISHED, then=F("state")), default=Value(State.FAILED))
    values = {"state": state, "pipeline_version": PIPELINE_VERSION, **failure.columns()}
    return _wanted(sha256).update(**values) == 1


def found_ended(sha256: str, failure: Failure) -> bool:
    """Its job had ended without a match, and nobody had said so."""
    rows = Demo.objects.filter(pk=sha256, state__in=OPEN)
    return rows.update(state=State.FAILED, **failure.columns()) == 1


def cancelled(sha256: str) -> bool:
    """Somebody stopped its job; what was published before stays."""
    return found_ended(sha256, CANCELLED)


def deleting(sha256: str) -> bool:
    """It is on its way out: its job's writes end, nobody is shown it any more."""
    return Demo.objects.filter(pk=sha256).update(state=State.DELETING) == 1


def found_orphaned(key: str, sha256: str, kind: str) -> None:
    """An object without a row gets one, on its way out, so that an upload of the same bytes is safe."""
    sizes = {"size_bytes": 0, "stored_bytes": 0}
    marked = Demo(sha256=sha256, kind=kind, object_key=key, original_name=key, state=State.DELETING, **sizes)
    Demo.objects.bulk_create([marked], ignore_conflicts=True)


def brought_again(sha256: str) -> bool:
    """Somebody wants it back before its deletion ended; the deletion looks at the state again and lets it stay."""
    rows = Demo.objects.filter(pk=sha256, state=State.DELETING)
    return rows.update(state=State.STORED, job_id="", pipeline_version="", **NO_FAILURE) == 1


def _wanted(sha256: str) -> QuerySet[Demo]:
    return Demo.objects.filter(pk=sha256).exclude(state=State.DELETING)
