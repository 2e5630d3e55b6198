"""Watch jobs from the command line until they end."""

import time
from collections.abc import Sequence
from typing import Final

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from offangle.cli.output import notes
from offangle.core.errors import TransientError
from offangle.jobs.client import JobClient
from offangle.jobs.views import JobView

POLL_S: Final = 0.5
NO_WORKER_PATIENCE_S: Final = 15.0
"""A worker that is just starting, or whose last one just died, gets this long."""


def wait_for_jobs(jobs: JobClient, job_ids: Sequence[str]) -> dict[str, JobView]:
    """Show how far these jobs are until all have ended, and return how they ended.

    Raises:
        NotFoundError: There is no such job.
        TransientError: No worker runs, so that waiting would not end.
    """
    ended: dict[str, JobView] = {}
    last_worker_s = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[stage]}"), TimeElapsedColumn())
    console = notes()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = {job_id: progress.add_task(job_id[:24], total=1.0, stage="queued") for job_id in job_ids}
        while len(ended) < len(tasks):
            for job_id, task in tasks.items():
                view = jobs.job(job_id)
                progress.update(task, completed=1.0 if view.is_final else view.fraction, stage=view.stage or view.state)
                if view.is_final:
                    ended[job_id] = view
            last_worker_s = _refuse_to_wait_alone(jobs, last_worker_s)
            if len(ended) < len(tasks):
                time.sleep(POLL_S)
    return ended


def _refuse_to_wait_alone(jobs: JobClient, last_worker_s: float) -> float:
    """When a worker was last seen: now, or as before."""
    now = time.monotonic()
    if jobs.healthcheck().workers_alive:
        return now
    if now - last_worker_s > NO_WORKER_PATIENCE_S:
        raise TransientError(
            "no worker runs, so the imported files wait in the queue",
            hint="Start one with `offangle up` or `offangle worker`; the files are stored and will be worked on.",
        )
    return last_worker_s
