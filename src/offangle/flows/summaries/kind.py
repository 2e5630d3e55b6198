"""The kind of job that works out what pages over many matches say."""

from typing import Final

from offangle.db.queries.summaries import prune_summaries
from offangle.flows.kind import Kind, Queue, Stage, Work
from offangle.flows.services import Services
from offangle.flows.summaries.summary import STAGE, SUMMARY_KIND, SUMMARY_QUEUE, fail, summarise
from offangle.jobs.kinds import Periodic, Step

PRUNE_EVERY_S: Final = 6 * 3600.0


def _work(_services: Services) -> Work:
    return Work(
        steps=(Step("summarise", summarise),),
        on_failed=fail,
        periodics=(Periodic("summaries", PRUNE_EVERY_S, prune_summaries),),
    )


SUMMARY: Final = Kind(
    name=SUMMARY_KIND,
    title="Player summary",
    queue=Queue(SUMMARY_QUEUE, per_worker=1),
    stages=(Stage(STAGE, "Working out patterns", 1.0, steps=("summarise",)),),
    work=_work,
)
