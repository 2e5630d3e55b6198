"""What the worker forgets in time, by the settings that people give."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from makers.gsi_posts import OWN, GsiClient
from makers.live_journal import follow, owner_of, store
from offangle.bootstrap.build import build_services
from offangle.bootstrap.worker import worker_for
from offangle.config.settings import Settings
from offangle.db.models import AttemptCounter, GsiJournal, Match
from offangle.db.queries.attempts import Budget, spend
from offangle.flows.kinds import KINDS
from offangle.flows.recorded.queueing import demo_request
from offangle.flows.services import Keep, Services
from offangle.flows.upkeep import periodics
from offangle.jobs.config import JobsConfig, QueueConfig

MONTH = timedelta(days=30)
DAY = timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_what_has_served_its_time_is_forgotten_and_what_has_not_is_kept(installed: Services) -> None:
    owner_of(OWN, "alder")
    client = GsiClient()
    client.play_round("CT", 1)
    store(client)
    follow(OWN)
    matches = Match.objects.count()
    spend([Budget("sign-in", "somebody", 2, timedelta(minutes=15))])
    jobs = installed.jobs
    ended, waiting = (jobs.enqueue(demo_request(digit * 64)).job_id for digit in "01")
    jobs.cancel(ended)
    GsiJournal.objects.update(received_ns=int((timezone.now() - MONTH / 2).timestamp() * 10**9))

    def tidy(keep: Keep) -> tuple[int, int, bool]:
        for periodic in periodics(replace(installed, keep=keep)):
            periodic.function()
        return AttemptCounter.objects.count(), GsiJournal.objects.count(), jobs.find(ended) is not None

    assert tidy(Keep(attempts=DAY, jobs=MONTH, posts=MONTH)) == (1, len(client.posts), True)
    assert tidy(Keep(attempts=timedelta(0), jobs=timedelta(0), posts=DAY)) == (0, 0, False)
    assert jobs.job(waiting).state == "queued"
    assert Match.objects.count() == matches > 0


def test_the_settings_say_how_long_and_the_worker_does_it(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        keep_attempts_days=2,
        keep_jobs_days=3,
        keep_posts_days=4,
    )
    services = build_services(settings)
    queues = tuple({kind.queue.name: QueueConfig(kind.queue.name) for kind in KINDS}.values())
    with services.jobs:
        assert services.keep == Keep(attempts=2 * DAY, jobs=3 * DAY, posts=4 * DAY)
        worker = worker_for(services, KINDS, JobsConfig(f"sqlite:///{tmp_path}/jobs.sqlite", queues=queues))
        assert {each.name for each in periodics(services)} <= {each.name for each in worker._periodics}
