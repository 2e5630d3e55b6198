"""Where a match file stands: what each transition starts from, and that nobody makes one anywhere else."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from offangle.db.models import Demo
from offangle.flows.recorded import states
from offangle.flows.recorded.version import PIPELINE_VERSION

SHA256 = "a" * 64
SOURCE = Path(__file__).resolve().parents[2] / "src" / "offangle"
FAILURE = states.Failure("broken\0", "send another", permanent=True)
ALL = ("stored", "queued", "processing", "published", "failed", "deleting")

# From each of ALL: the state afterwards, None where the transition is not made.
TRANSITIONS: dict[str, tuple[Callable[[], bool], tuple[str | None, ...]]] = {
    "queued": (
        lambda: states.queued(SHA256, "demo:a:1"),
        ("queued", "queued", "processing", "published", "queued", None),
    ),
    "began": (lambda: states.began(SHA256), ("processing", "processing", "processing", None, "processing", None)),
    "published": (
        lambda: states.published(SHA256),
        ("published", "published", "published", "published", "published", None),
    ),
    "failed": (
        lambda: states.failed(SHA256, FAILURE),
        ("failed", "failed", "failed", "published", "failed", None),
    ),
    "found_ended": (
        lambda: states.found_ended(SHA256, FAILURE),
        ("failed", "failed", "failed", None, None, None),
    ),
    "cancelled": (lambda: states.cancelled(SHA256), ("failed", "failed", "failed", None, None, None)),
    "deleting": (lambda: states.deleting(SHA256), ("deleting",) * 6),
    "brought_again": (lambda: states.brought_again(SHA256), (None, None, None, None, None, "stored")),
}
CASES = [
    (name, before, after)
    for name, (_, afters) in TRANSITIONS.items()
    for before, after in zip(ALL, afters, strict=True)
]


def make_demo(state: str) -> None:
    sizes = {"size_bytes": 1, "stored_bytes": 1}
    Demo.objects.create(sha256=SHA256, kind="demo", object_key="demos/a", original_name="a.dem", state=state, **sizes)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("name", "before", "after"), CASES)
def test_a_transition_is_made_from_the_states_it_names(name: str, before: str, after: str | None) -> None:
    make_demo(before)
    assert TRANSITIONS[name][0]() is (after is not None)
    assert Demo.objects.get().state == (after or before)


@pytest.mark.usefixtures("db")
def test_a_transition_of_a_file_that_is_gone_is_not_made() -> None:
    assert not any(transition() for transition, _ in TRANSITIONS.values())


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("before", ["stored", "published"])
def test_a_failure_is_kept_until_the_next_try(before: str) -> None:
    make_demo(before)
    states.failed(SHA256, FAILURE)
    demo = Demo.objects.get()
    assert (demo.failure, demo.failure_hint, demo.failure_is_permanent) == ("broken", "send another", True)
    assert demo.pipeline_version == PIPELINE_VERSION
    states.queued(SHA256, "demo:a:2")
    demo.refresh_from_db()
    assert (demo.failure, demo.failure_hint, demo.failure_is_permanent, demo.job_id) == ("", "", False, "demo:a:2")


@pytest.mark.usefixtures("db")
def test_what_was_brought_again_begins_anew() -> None:
    make_demo("queued")
    states.queued(SHA256, "demo:a:1")
    states.deleting(SHA256)
    states.brought_again(SHA256)
    assert Demo.objects.get().job_id == ""


@pytest.mark.usefixtures("db")
def test_an_orphan_never_takes_the_row_of_a_file_that_came_meanwhile() -> None:
    make_demo("queued")
    states.found_orphaned("demos/a", SHA256, "demo")
    assert Demo.objects.get().state == "queued"
    Demo.objects.all().delete()
    states.found_orphaned("demos/a", SHA256, "demo")
    assert Demo.objects.get().state == "deleting"


def test_nobody_else_changes_the_state_of_a_file() -> None:
    """Assignments and updates; `Demo.State` may be asked for anywhere."""
    change = re.compile(r"(?:\bstate=|\.state\b[^=!<>()]*= *)(?:\(?)Demo\.State\.")
    asks = re.compile(r"(?:filter|exclude|get|Q)\([^()]*\bstate=Demo\.State\.")
    told = {
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        if path.name != "states.py"
        for line in path.read_text().splitlines()
        if change.search(line) and not asks.search(line)
    }
    assert not told, "use flows/recorded/states.py"
