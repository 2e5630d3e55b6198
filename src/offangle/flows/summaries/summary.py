"""A player over many matches: worked out by a job when somebody asks, and kept until the matches are others."""

import logging
from typing import Final
from uuid import UUID

from django.utils import timezone

from offangle.coaching.player_summary import SUMMARY_VERSION, player_summary
from offangle.core.errors import OffangleError
from offangle.db.models import Match, PlayerSummary, User
from offangle.db.queries.patterns import pattern_frames
from offangle.db.queries.summaries import find_summary, keep_summary
from offangle.jobs.client import JobClient
from offangle.jobs.kinds import PRIORITY_INTERACTIVE, JobFailure, JobRequest, JsonValue, StepContext

logger = logging.getLogger(__name__)

SUMMARY_KIND: Final = "summary"
SUMMARY_QUEUE: Final = "summaries"
STAGE: Final = "summarising"


def summary_request(row_id: int) -> JobRequest:
    """The job that works a summary out."""
    return JobRequest(
        SUMMARY_KIND, str(row_id), str(SUMMARY_VERSION), queue=SUMMARY_QUEUE, priority=PRIORITY_INTERACTIVE
    )


def summary_of(user: User, steam_id: int, *, without: UUID | None = None) -> PlayerSummary:
    """The summary of a player over the matches that `user` sees; only reads, so one that is not there is without a row.

    Args:
        user: Who asks.
        steam_id: The player.
        without: A match that is left out: the one under way.
    """
    return find_summary(user, steam_id, str(SUMMARY_VERSION), without=without)


def ask_summary(jobs: JobClient, user: User, steam_id: int, *, without: UUID | None = None) -> PlayerSummary:
    """The same; one without a document is being worked out from now on, unless there is no match to work on."""
    row = summary_of(user, steam_id, without=without)
    if not row.match_ids:
        return row
    kept = keep_summary(row)
    if kept.document is None and not kept.failure:
        _enqueue(jobs, kept)
    return kept


def _enqueue(jobs: JobClient, row: PlayerSummary) -> None:
    try:
        jobs.enqueue(summary_request(row.pk))
    except OffangleError:
        logger.warning("the job of summary %s could not be asked for; the next look will", row.pk, exc_info=True)


def summarise(row_id: str, context: StepContext) -> JsonValue:
    """Work a summary out; one that was forgotten meanwhile needs none."""
    row = PlayerSummary.objects.filter(pk=row_id).first()
    if row is None:
        return {"rounds": 0}
    context.progress(STAGE, 0.0)
    matches = Match.objects.filter(pk__in=row.match_ids)
    rounds, weapons = pattern_frames(matches, steam_id=row.steam_account_id)
    document = player_summary(rounds, weapons, row.steam_account_id)
    PlayerSummary.objects.filter(pk=row_id).update(document=document, made_at=timezone.now(), failure="")
    return {"rounds": rounds.height}


def fail(row_id: str, failure: JobFailure) -> None:
    """Keep why a summary could not be worked out, for whoever looks at the page."""
    PlayerSummary.objects.filter(pk=row_id).update(failure=failure.message.replace("\0", ""))
