"""A real worker that can be stopped at any point of any step, to be killed there.

    python -m makers.pipeline_victim FOLDER NAME --hold build:write

Points of a step: `before` and `after` it; `write`, behind its first object; `commit`, inside the publishing transaction
with every row written; `committed`, right behind it. At the point it creates `FOLDER/held-NAME` and waits. With
`--sample-seed` samples come from `makers.sample_script`.

With `--die-at 57` it kills itself before its 57th act, a statement in either database or a change in the store, counted
from the begin of the first step.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from django.db import transaction
from django.db.backends.signals import connection_created

from makers import sample_script
from makers.installation import quick_jobs
from makers.job_bench import QUICK_BACKOFF
from offangle.bootstrap.build import start
from offangle.bootstrap.worker import worker_for
from offangle.config.settings import load_settings
from offangle.flows.kind import Kind, Work
from offangle.flows.kinds import KINDS
from offangle.flows.recorded import publish
from offangle.flows.services import Sample, Services
from offangle.jobs.kinds import Step, StepContext, StepFunction
from offangle.storage.objects import ObjectStore


class Holder:
    """Stands still where it was told to, once."""

    def __init__(self, folder: Path, name: str, point: str) -> None:
        self._folder = folder
        self._name = name
        self.step, _, self.point = point.partition(":")
        self.current_step = ""

    def reach(self, point: str) -> None:
        """Hold if this is the point."""
        if (self.current_step, point) != (self.step, self.point):
            return
        (self._folder / f"held-{self._name}").touch()
        while not (self._folder / "release").exists():
            time.sleep(0.01)

    def around(self, step: Step) -> Step:
        """The step with its `before` and `after`."""

        def run(subject: str, context: StepContext) -> Any:
            self.current_step = step.name
            self.reach("before")
            result = step.function(subject, context)
            self.reach("after")
            return result

        function: StepFunction = run
        return Step(step.name, function)

    def behind(self, function: Callable[..., Any], point: str) -> Callable[..., Any]:
        """The function, with a point behind it."""

        def run(*arguments: Any, **keywords: Any) -> Any:
            result = function(*arguments, **keywords)
            self.reach(point)
            return result

        return run

    def committed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with a point behind the transaction that it runs in."""

        def run(*arguments: Any, **keywords: Any) -> Any:
            result = function(*arguments, **keywords)
            transaction.on_commit(lambda: self.reach("committed"))
            return result

        return run

    def install(self) -> None:
        """Put the points in."""
        store: Any = ObjectStore
        store.put_file = self.behind(ObjectStore.put_file, "write")
        target: Any = publish
        target._say_published = self.behind(target._say_published, "commit")
        target._replace = self.committed(target._replace)

    def kind(self, kind: Kind) -> Kind:
        """The kind with every step held where asked."""

        def work(services: Services) -> Work:
            bound = kind.work(services)
            return replace(bound, steps=tuple(self.around(step) for step in bound.steps))

        return replace(kind, work=work, backoff=QUICK_BACKOFF)


class Doom:
    """Counts what the worker does, and ends it before the act that it was told."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._acts = 0
        self._lock = threading.Lock()
        self._has_begun = False

    def act(self) -> None:
        """One more, which may be the last."""
        if not self._has_begun:
            return
        with self._lock:
            self._acts += 1
            if self._acts == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Watch the store and both databases."""
        store: Any = ObjectStore
        for name in ("put_bytes", "put_file", "delete", "delete_all"):
            setattr(store, name, self._counted(getattr(store, name)))
        connection_created.connect(self._watch, weak=False)
        sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_told: self.act())

    def kind(self, kind: Kind) -> Kind:
        """The kind, whose first step begins the count."""

        def work(services: Services) -> Work:
            bound = kind.work(services)
            return replace(bound, steps=tuple(Step(step.name, self._begun(step)) for step in bound.steps))

        return replace(kind, work=work)

    def _begun(self, step: Step) -> StepFunction:
        def run(subject: str, context: StepContext) -> Any:
            self._has_begun = True
            return step.function(subject, context)

        return run

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **keywords: Any) -> Any:
            self.act()
            return function(*arguments, **keywords)

        return run

    def _watch(self, connection: Any, **_told: Any) -> None:
        connection.execute_wrappers.append(self._statement)

    def _statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.act()
        return execute(*arguments)


def main(arguments: Sequence[str]) -> int:
    """Work until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--hold", default="")
    parser.add_argument("--sample-seed", type=int)
    parser.add_argument("--die-at", type=int, default=0)
    options = parser.parse_args(arguments)
    doom = Doom(options.die_at)
    doom.install()
    settings = load_settings()
    services = start(settings)
    if options.sample_seed is not None:
        services = replace(services, sample=Sample(seed=options.sample_seed, module=sample_script.MODULE))
    holder = Holder(options.folder, options.name, options.hold)
    holder.install()
    worker = worker_for(services, [doom.kind(holder.kind(kind)) for kind in KINDS], quick_jobs(settings))
    return 0 if worker.run() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
