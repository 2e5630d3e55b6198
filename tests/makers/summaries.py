"""What the summaries' jobs would do, done here and now."""

from typing import Any

from django.test import Client

from offangle.db.models import PlayerSummary
from offangle.flows.summaries.summary import summarise


class Quiet:
    """A step's context that nobody looks at."""

    job_id = "summary"
    attempt = 1
    results: dict[str, Any] = {}  # noqa: RUF012 -- never written
    is_cancelled = False

    def check_cancelled(self) -> None:
        """Never cancelled."""

    def progress(self, stage: str, fraction: float, message: str = "") -> None:
        """Nobody is told."""


def work_out_summaries() -> int:
    """Work out every summary that was asked for; returns how many."""
    waiting = list(PlayerSummary.objects.filter(document__isnull=True).values_list("pk", flat=True))
    for row_id in waiting:
        summarise(str(row_id), Quiet())
    return len(waiting)


def worked_out(client: Client, address: str, query: dict[str, str] | None = None) -> Any:
    """A page of a player as it is once what it rests on has been worked out."""
    client.get(address, query)
    work_out_summaries()
    return client.get(address, query)
