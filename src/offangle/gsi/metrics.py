"""Counters of one process's ingest, kept and told by prometheus-client."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4.encode()
COMMIT_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
COMMIT_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
PREFIX: Final = "offangle_gsi_"


class Metrics:
    """What the ingest of one process did.

    Args:
        causes: Every cause for which a post can be refused.
        process: Tells this process from its siblings: each answers for itself.
    """

    def __init__(self, causes: tuple[str, ...], *, process: str) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        labels, registry = {"process": process}, self._registry
        self.accepted = Counter(
            f"{PREFIX}posts_accepted", "Posts answered with 200: each is on the disk.", tuple(labels), registry=registry
        ).labels(**labels)
        refused = Counter(f"{PREFIX}posts_refused", "Posts refused, by cause.", (*labels, "cause"), registry=registry)
        self.refused = {cause: refused.labels(**labels, cause=cause) for cause in causes}
        self.abandoned = Counter(
            f"{PREFIX}posts_abandoned",
            "Clients that left before their body was complete.",
            tuple(labels),
            registry=registry,
        ).labels(**labels)
        self._depth = Gauge(
            f"{PREFIX}queue_depth", "Posts that wait to be stored.", tuple(labels), registry=registry
        ).labels(**labels)
        self._commit_seconds = Histogram(
            f"{PREFIX}commit_seconds",
            "Seconds from handing a group over to its being on the disk.",
            tuple(labels),
            registry=registry,
            buckets=COMMIT_SECONDS,
        ).labels(**labels)
        self._commit_rows = Histogram(
            f"{PREFIX}commit_rows", "Posts per commit.", tuple(labels), registry=registry, buckets=COMMIT_ROWS
        ).labels(**labels)

    def note_commit(self, rows: int, seconds: float) -> None:
        """Count one commit."""
        self._commit_rows.observe(rows)
        self._commit_seconds.observe(seconds)

    def render(self, *, queue_depth: int) -> bytes:
        """Everything, as Prometheus scrapes it.

        Args:
            queue_depth: How many posts wait now.
        """
        self._depth.set(queue_depth)
        return generate_latest(self._registry)
