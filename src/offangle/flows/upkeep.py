"""What is forgotten in time, whatever kind of job or match it was."""

import logging
from functools import partial
from typing import Final

from offangle.db.queries import attempts
from offangle.flows.following.forget import prune_posts
from offangle.flows.services import Keep, Services
from offangle.jobs.kinds import Periodic

logger: Final = logging.getLogger(__name__)

PRUNE_EVERY_S: Final = 3600.0


def forget_jobs(services: Services) -> None:
    """Forget jobs that ended longer ago than the settings say."""
    count = services.jobs.prune(services.keep.jobs.total_seconds())
    if count:
        logger.info("forgot %d ended jobs", count)


def forget_posts(keep: Keep) -> None:
    """Forget posts older than the settings say whose stay on a server is over."""
    count = prune_posts(keep.posts)
    if count:
        logger.info("forgot %d posts of game clients", count)


def forget_attempts(keep: Keep) -> None:
    """Forget how often something was tried, such as a password, longer ago than the settings say."""
    attempts.forget(keep.attempts)


def periodics(services: Services) -> tuple[Periodic, ...]:
    """All of it, now and then."""
    return (
        Periodic("old-attempts", PRUNE_EVERY_S, partial(forget_attempts, services.keep)),
        Periodic("old-jobs", PRUNE_EVERY_S, partial(forget_jobs, services)),
        Periodic("old-posts", PRUNE_EVERY_S, partial(forget_posts, services.keep)),
    )
