"""Counters of one process, in the text format that Prometheus reads (version 0.0.4)."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final

PREFIX: Final = "offangle_gsi_"
COMMIT_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
COMMIT_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"


class Histogram:
    """Counts values into buckets, each with its upper bound.

    Args:
        bounds: Upper bounds, ascending; a last bucket takes what is above them all.
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Metrics:
    """What the ingest of one process did. Only the thread of the event loop changes it.

    Args:
        causes: Every cause for which a post can be refused.
        process: Tells this process from its siblings: each answers for itself.
    """

    def __init__(self, causes: tuple[str, ...], *, process: str) -> None:
        self.accepted = 0
        self.refused = dict.fromkeys(causes, 0)
        self.abandoned = 0
        self.commit_seconds = Histogram(COMMIT_SECONDS)
        self.commit_rows = Histogram(COMMIT_ROWS)
        self._process = process

    def note_commit(self, rows: int, seconds: float) -> None:
        """Count one commit."""
        self.commit_rows.add(rows)
        self.commit_seconds.add(seconds)

    def render(self, *, queue_depth: int) -> bytes:
        """Everything, as Prometheus scrapes it.

        Args:
            queue_depth: How many posts wait now.
        """
        return ("\n".join(self._lines(queue_depth)) + "\n").encode()

    def _lines(self, queue_depth: int) -> Iterator[str]:
        yield from self._head("posts_accepted_total", "counter", "Posts answered with 200: each is on the disk.")
        yield self._sample("posts_accepted_total", self.accepted)
        yield from self._head("posts_refused_total", "counter", "Posts refused, by cause.")
        for cause, count in self.refused.items():
            yield self._sample("posts_refused_total", count, {"cause": cause})
        yield from self._head("posts_abandoned_total", "counter", "Clients that left before their body was complete.")
        yield self._sample("posts_abandoned_total", self.abandoned)
        yield from self._head("queue_depth", "gauge", "Posts that wait to be stored.")
        yield self._sample("queue_depth", queue_depth)
        yield from self._histogram("commit_seconds", "Seconds from handing a group over to its being on the disk.")
        yield from self._histogram("commit_rows", "Posts per commit.")

    def _histogram(self, name: str, text: str) -> Iterator[str]:
        histogram: Histogram = getattr(self, name)
        yield from self._head(name, "histogram", text)
        bounds = [*(f"{bound:g}" for bound in histogram.bounds), "+Inf"]
        sums = list(accumulate(histogram.counts))
        for bound, count in zip(bounds, sums, strict=True):
            yield self._sample(f"{name}_bucket", count, {"le": bound})
        yield self._sample(f"{name}_sum", histogram.total)
        yield self._sample(f"{name}_count", sums[-1])

    def _head(self, name: str, kind: str, text: str) -> Iterator[str]:
        yield f"# HELP {PREFIX}{name} {text}"
        yield f"# TYPE {PREFIX}{name} {kind}"

    def _sample(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> str:
        pairs = ",".join(f'{key}="{word}"' for key, word in {"process": self._process, **(labels or {})}.items())
        return f"{PREFIX}{name}{{{pairs}}} {value:.10g}"
