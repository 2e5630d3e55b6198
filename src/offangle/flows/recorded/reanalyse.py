"""Run matches again that an older pipeline made, from their stored files, behind all other work."""

from offangle.db.models import Demo
from offangle.flows.recorded import states
from offangle.flows.recorded.queueing import enqueue_demo
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.jobs.client import JobClient
from offangle.jobs.kinds import PRIORITY_BACKGROUND


def reanalyse(jobs: JobClient, *, force: bool = False) -> int:
    """Queue every file whose last result, good or bad, is of another pipeline version. Returns how many.

    Args:
        jobs: The engine.
        force: Also those that this version made.
    """
    demos = Demo.objects.filter(state__in=states.ENDED).order_by("stored_at")
    if not force:
        demos = demos.exclude(pipeline_version=PIPELINE_VERSION)
    found = list(demos.values_list("pk", flat=True))
    for sha256 in found:
        enqueue_demo(jobs, sha256, PRIORITY_BACKGROUND, again=force)
    return len(found)
