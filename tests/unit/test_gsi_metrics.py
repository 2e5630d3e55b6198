"""The counters, read back as Prometheus reads them."""

from prometheus_client.parser import text_string_to_metric_families

from offangle.gsi.metrics import CONTENT_TYPE, Metrics


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_was_counted_is_rendered() -> None:
    metrics = Metrics(("not_json", "too_large"), process="7")
    metrics.accepted.inc(12)
    metrics.abandoned.inc()
    metrics.refused["too_large"].inc(2)
    metrics.note_commit(3, 0.004)
    metrics.note_commit(600, 9.0)
    found = samples(metrics.render(queue_depth=5).decode())

    def value(name: str, **labels: str) -> float:
        return found[f"offangle_gsi_{name}", frozenset({"process": "7", **labels}.items())]

    assert value("posts_accepted_total") == 12
    assert value("posts_refused_total", cause="too_large") == 2
    assert value("posts_refused_total", cause="not_json") == 0
    assert value("posts_abandoned_total") == 1
    assert value("queue_depth") == 5
    assert value("commit_rows_bucket", le="2.0") == 0
    assert value("commit_rows_bucket", le="4.0") == 1
    assert value("commit_rows_bucket", le="512.0") == 1
    assert value("commit_rows_bucket", le="+Inf") == 2
    assert value("commit_rows_sum") == 603
    assert value("commit_seconds_count") == 2


def test_two_processes_do_not_share_their_counters() -> None:
    first, second = Metrics((), process="1"), Metrics((), process="2")
    first.accepted.inc()
    assert b'posts_accepted_total{process="2"} 0.0' in second.render(queue_depth=0)
    assert b'process="1"' not in second.render(queue_depth=0)


def test_the_answer_says_which_text_it_is() -> None:
    assert CONTENT_TYPE.startswith(b"text/plain; version=")
