"""Job ids, waits and settings: what is refused, and what a wait is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle.core.errors import BadInputError, NotFoundError, OffangleError, SettingsError, TransientError
from offangle.jobs.config import JobsConfig, QueueConfig
from offangle.jobs.execution import describe
from offangle.jobs.kinds import Backoff, JobKind, JobRequest, Step, StepContext

URL = "sqlite:///jobs.sqlite"


def nothing(_subject: str, _context: StepContext) -> None:
    pass


@given(st.integers(1, 10**6), st.floats(0.01, 60), st.floats(1, 10))
def test_waits_never_shrink_and_never_exceed_the_longest(failed: int, first_s: float, factor: float) -> None:
    backoff = Backoff(first_s=first_s, factor=factor, longest_s=300.0)
    assert backoff.delay_s(1) == pytest.approx(first_s)
    assert backoff.delay_s(failed) <= backoff.delay_s(failed + 1) <= 300.0


def test_waits_double() -> None:
    assert [Backoff().delay_s(failed) for failed in (1, 2, 3, 4, 9)] == [2.0, 4.0, 8.0, 16.0, 300.0]


def test_the_same_words_make_the_same_job() -> None:
    kind = JobKind("demo", (Step("parse", nothing),))
    assert kind.request("ab12", version="3").job_id == "demo:ab12:3"
    assert kind.request("ab12", version="3", priority=5).job_id == "demo:ab12:3"


@pytest.mark.parametrize("part", ["", " ", "a:b", "a/b", "x" * 201, "é", "a\n"])
def test_ids_that_could_be_misread_are_refused(part: str) -> None:
    for words in ((part, "b", "c"), ("a", part, "c"), ("a", "b", part)):
        with pytest.raises(BadInputError, match="must have 1 to 200"):
            JobRequest(*words)


def test_a_priority_below_one_is_refused() -> None:
    with pytest.raises(BadInputError, match="priority"):
        JobRequest("a", "b", "c", priority=0)


@pytest.mark.parametrize("names", [(), ("one", "one")])
def test_steps_must_be_there_and_have_names_of_their_own(names: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="unique names"):
        JobKind("demo", tuple(Step(name, nothing) for name in names))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"database_url": "mysql://host/db"}, "mysql"),
        ({"queues": ()}, "queue names"),
        ({"queues": (QueueConfig("a"), QueueConfig("a"))}, "queue names"),
        ({"queues": (QueueConfig("a", worker_concurrency=0),)}, "at least 1"),
        ({"queues": (QueueConfig("a", worker_concurrency=4, global_concurrency=2),)}, "must not be below"),
        ({"heartbeat_limit_s": 3.0}, "heartbeat_limit_s"),
        ({"max_crashes": 0}, "max_crashes"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        JobsConfig(**{"database_url": URL, **changes})


def test_a_kind_must_try_at_least_once() -> None:
    with pytest.raises(SettingsError, match="max_attempts"):
        JobKind("demo", (Step("parse", nothing),), max_attempts=0)


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (BadInputError("broken"), True),
        (BadInputError("half of it has arrived", permanent=False), False),
        (NotFoundError("gone while it was read", permanent=False), False),
        (TransientError("busy"), False),
        (TransientError("refused for good", permanent=True), True),
        (OffangleError("foreseen"), True),
        (ZeroDivisionError("unforeseen"), False),
    ],
)
def test_whether_a_failure_is_permanent_is_what_this_error_said(error: Exception, permanent: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert describe(error, "read").permanent is permanent
