"""What is forgotten in time, whatever kind of job or match it was."""

import logging
from typing import Final

from offangle.flows.following.forget import prune_posts
from offangle.flows.services import services
from offangle.jobs.kinds import Periodic

logger: Final = logging.getLogger(__name__)

PRUNE_EVERY_S: Final = 3600.0


def forget_jobs() -> None:
    """Forget jobs that ended longer ago than the settings say."""
    count = services().jobs.prune(services().keep.jobs.total_seconds())
    if count:
        logger.info("forgot %d ended jobs", count)


def forget_posts() -> None:
    """Forget posts older than the settings say whose stay on a server is over."""
    count = prune_posts(services().keep.posts)
    if count:
        logger.info("forgot %d posts of game clients", count)


PERIODICS: Final = (
    Periodic("old-jobs", PRUNE_EVERY_S, forget_jobs),
    Periodic("old-posts", PRUNE_EVERY_S, forget_posts),
)
