"""The counters in the text that Prometheus reads."""

import re

from hypothesis import given
from hypothesis import strategies as st

from offangle.gsi.metrics import COMMIT_SECONDS, Histogram, Metrics

SAMPLE = re.compile(r"^(?P<name>[a-z_]+)\{(?P<labels>[^}]*)\} (?P<value>[0-9.e+-]+)$")


def samples(text: str) -> dict[str, float]:
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, line
            found[f"{match['name']}{{{match['labels']}}}"] = float(match["value"])
    return found


def test_what_was_counted_is_rendered() -> None:
    metrics = Metrics(("not_json", "too_large"), process="7")
    metrics.accepted, metrics.abandoned = 12, 1
    metrics.refused["too_large"] += 2
    metrics.note_commit(3, 0.004)
    metrics.note_commit(600, 9.0)
    text = metrics.render(queue_depth=5).decode()
    found = samples(text)
    assert found['offangle_gsi_posts_accepted_total{process="7"}'] == 12
    assert found['offangle_gsi_posts_refused_total{process="7",cause="too_large"}'] == 2
    assert found['offangle_gsi_posts_refused_total{process="7",cause="not_json"}'] == 0
    assert found['offangle_gsi_posts_abandoned_total{process="7"}'] == 1
    assert found['offangle_gsi_queue_depth{process="7"}'] == 5
    assert found['offangle_gsi_commit_rows_bucket{process="7",le="4"}'] == 1
    assert found['offangle_gsi_commit_rows_bucket{process="7",le="512"}'] == 1
    assert found['offangle_gsi_commit_rows_bucket{process="7",le="+Inf"}'] == 2
    assert found['offangle_gsi_commit_rows_sum{process="7"}'] == 603
    assert found['offangle_gsi_commit_seconds_count{process="7"}'] == 2
    assert text.endswith("\n")
    assert text.count("# HELP") == text.count("# TYPE") == 6


@given(values=st.lists(st.floats(0, 10)))
def test_a_bucket_holds_what_is_not_above_its_bound(values: list[float]) -> None:
    histogram = Histogram(COMMIT_SECONDS)
    for value in values:
        histogram.add(value)
    for position, bound in enumerate(COMMIT_SECONDS):
        assert sum(histogram.counts[: position + 1]) == sum(value <= bound for value in values)
    assert sum(histogram.counts) == len(values)
