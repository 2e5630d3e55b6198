"""A small installation for tests of the API and the command line: services in a folder, people, published matches."""

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from django.utils import timezone

from makers.house import services
from makers.rows import write_build
from offangle.analysis.registry import PLAYER_METRICS
from offangle.db.models import (
    Analysis,
    Demo,
    ImportRecord,
    Match,
    Observation,
    PlayerMatchStat,
    Round,
    SteamAccount,
    User,
)
from offangle.flows.kinds import KINDS
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.queueing import demo_request
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.services import Limits, Services
from offangle.frames.collection import conform
from offangle.jobs.client import JobClient
from offangle.jobs.config import JobsConfig, QueueConfig
from offangle.jobs.database import open_engine, prepare
from offangle.storage.intake import Intake
from offangle.storage.limits import Limits as IntakeLimits
from offangle.storage.links import LinkSigner
from offangle.storage.objects import local_store
from offangle.storage.work import WorkArea

MIB = 1024 * 1024
FIRST_STEAM_ID = 76561198000000001
PLAYED_AT = datetime(2026, 5, 17, 18, 30, tzinfo=UTC)
STAT_COUNTS = ("kills", "deaths", "assists", "headshot_kills", "damage", "flash_assists", "utility_damage")


QUEUES = (*(QueueConfig(name) for name in sorted({kind.queue.name for kind in KINDS})), QueueConfig("default"))


def prepare_jobs(path: Path) -> None:
    """Make an SQLite jobs database; a test takes a copy of it, which is much quicker."""
    config = JobsConfig(f"sqlite:///{path}", queues=QUEUES)
    engine = open_engine(config)
    prepare(config, engine)
    engine.dispose()


def open_services(folder: Path, prepared_jobs: Path) -> Services:
    """Real adapters in `folder`; nothing works on the jobs."""
    shutil.copy(prepared_jobs, folder / "jobs.sqlite")
    signer = LinkSigner(b"a signing key for tests only")
    store = local_store(folder / "objects", signer)
    work = WorkArea(folder / "work")
    limits = IntakeLimits(packed_bytes=8 * MIB, unpacked_bytes=32 * MIB)
    return Services(
        store=store,
        intake=Intake(store, work, limits),
        work=work,
        links=signer,
        jobs=JobClient(JobsConfig(f"sqlite:///{folder}/jobs.sqlite", queues=QUEUES)),
        limits=Limits(8 * MIB, 32 * MIB, 60.0, 1024 * MIB),
        base_url="http://testserver",
    )


@dataclass(frozen=True, slots=True)
class World:
    """People and what they brought."""

    owner: User
    member: User
    stranger: User


def make_people() -> World:
    """The instance's owner, a member and somebody who knows nobody."""
    return World(
        owner=User.objects.create_superuser("owner"),
        member=User.objects.create_user("member"),
        stranger=User.objects.create_user("stranger"),
    )


def publish(user: User, number: int = 1, **changes: Any) -> Match:
    """A published match that `user` brought: two players, two rounds, tables in the store.

    Args:
        user: Who brings it.
        number: Tells matches apart; later numbers were played later.
        changes: Columns of the match that differ.
    """
    sha256 = hashlib.sha256(f"match {number}".encode()).hexdigest()
    demo = Demo.objects.create(
        sha256=sha256,
        kind=Demo.Kind.DEMO,
        object_key=f"demos/{sha256}.dem.zst",
        size_bytes=1000,
        stored_bytes=500,
        original_name=f"match-{number}.dem",
        state=Demo.State.PUBLISHED,
        job_id=services().jobs.enqueue(demo_request(sha256)).job_id,
        pipeline_version=PIPELINE_VERSION,
    )
    services().store.put_bytes(demo.object_key, b"packed")
    ImportRecord.objects.create(user=user, source=ImportRecord.Source.API, original_name=demo.original_name, demo=demo)
    frames = {"kills": kills_table(), "damages": conform("damages", pl.DataFrame()).clear(), "economy": _economy()}
    build = write_build(demo, "de_mirage", frames, {"checks": _checks()})
    match = _match(demo, number, {"build": build, **changes})
    Observation.objects.create(match=match, user=user)
    _players(match)
    _rounds(match)
    Analysis.objects.create(
        match=match,
        pipeline_version=PIPELINE_VERSION,
        parsers=[{"name": "awpy", "version": "3.1.1", "role": "all"}],
        checks=_checks().to_dicts(),
    )
    return match


def _match(demo: Demo, number: int, changes: dict[str, Any]) -> Match:
    columns: dict[str, Any] = {
        "source": "demo",
        "map_name": "de_mirage",
        "played_at": PLAYED_AT + timedelta(days=number),
        "published_at": timezone.now(),
        "duration_s": 2400.0,
        "tick_rate": 64.0,
        "score_a": 2,
        "score_b": 0,
        "rounds_played": 2,
        "pipeline_version": PIPELINE_VERSION,
    }
    return Match.objects.create(pk=match_id_of(demo.sha256), demo=demo, **{**columns, **changes})


def _players(match: Match) -> None:
    for place, team in enumerate(("a", "b")):
        account, _ = SteamAccount.objects.get_or_create(steam_id=FIRST_STEAM_ID + place)
        metrics: dict[str, float | None] = {metric.name: None for metric in PLAYER_METRICS}
        metrics |= dict.fromkeys(STAT_COUNTS, 2 - place) | {"rounds_played": 2}
        for side in ("all", "ct"):
            PlayerMatchStat.objects.create(
                match=match,
                steam_account=account,
                side=side,
                team=team,
                name=f"player {place}",
                rounds_played=2,
                **dict.fromkeys(STAT_COUNTS, 2 - place),
                adr=80.0 - place,
                rating_1=1.2 - place,
                metrics=metrics,
            )


def _rounds(match: Match) -> None:
    for number in (1, 2):
        Round.objects.create(
            match=match,
            number=number,
            kind="regular",
            half=1,
            start_tick=number * 1000,
            winner_team="a",
            reason="elimination",
        )


def kills_table() -> pl.DataFrame:
    """Three kills in two rounds."""
    rows = [
        {
            "round_number": number,
            "tick": number * 1000 + 500,
            "attacker_steam_id": FIRST_STEAM_ID,
            "victim_steam_id": FIRST_STEAM_ID + 1,
            "weapon": "ak47",
            "is_headshot": number == 1,
            "is_flash_assist": False,
            "attacker_x": float("nan") if number == 1 else 12.5,
        }
        for number in (1, 2, 2)
    ]
    return conform("kills", pl.DataFrame(rows))


def _economy() -> pl.DataFrame:
    row = {
        "round_number": 1,
        "steam_id": FIRST_STEAM_ID,
        "side": "ct",
        "start_money": 800,
        "grenades": ["smoke", "flash"],
    }
    return conform("economy", pl.DataFrame([row]))


def _checks() -> pl.DataFrame:
    words = {"label": "Score", "expected": "2", "found": "2", "detail": ""}
    return pl.DataFrame([{"name": "score_a", "ok": True, **words}, {"name": "score_b", "ok": None, **words}])
