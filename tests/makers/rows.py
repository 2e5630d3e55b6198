"""Whole published matches for tests of the pages, without a worker and without a parser."""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import polars as pl

from makers.house import services
from makers.synthetic import make_match
from offangle.analysis.run import analyse
from offangle.db.models import Build, Demo, ImportRecord, Match, Observation, SteamAccount, User
from offangle.flows.recorded.builds import begin_build, place_of
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.publish import publish
from offangle.flows.recorded.queueing import demo_request
from offangle.frames.collection import MatchFrames
from offangle.jobs.kinds import JsonValue
from offangle.storage.tables import DERIVED_PREFIX, write_tables

SMALL = {"score": (3, 1), "half_rounds": 2}
"""Four rounds with a change of sides: enough for every page."""


MADE_BY_HAND = "demo:made:by-hand"
"""The job of whatever no job made."""


class StepDone:
    """What the last step of a job is handed when the steps before it are through."""

    attempt = 1
    is_cancelled = False
    results: Mapping[str, JsonValue]
    told: ClassVar[list[str]] = []

    def __init__(self, results: Mapping[str, JsonValue], job_id: str = MADE_BY_HAND) -> None:
        self.results = results
        self.job_id = job_id

    def check_cancelled(self) -> None:
        """Nobody cancels."""

    def progress(self, stage: str, fraction: float, message: str = "") -> None:
        """Nobody looks."""


@cache
def made_match(seed: int, map_name: str) -> tuple[MatchFrames, Mapping[str, pl.DataFrame]]:
    """The tables of a synthetic match and what is derived from them, made once per run."""
    frames = make_match(seed=seed, map_name=map_name, samples=False, **SMALL)  # type: ignore[arg-type]
    return frames, analyse(frames).tables


def make_demo(user: User, name: str, **changes: Any) -> Demo:
    """A stored file that `user` brought; its content is its name."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    columns: dict[str, Any] = {
        "kind": Demo.Kind.DEMO,
        "object_key": f"demos/{sha256}.dem.zst",
        "size_bytes": 250_000_000,
        "stored_bytes": 120_000_000,
        "original_name": name,
    }
    demo = Demo.objects.create(sha256=sha256, **{**columns, **changes})
    services().store.put_bytes(demo.object_key, b"packed")
    ImportRecord.objects.create(user=user, source=ImportRecord.Source.UPLOAD, original_name=name, demo=demo)
    return demo


def queue_job(demo: Demo) -> str:
    """Ask for the file's job and write its id down, as an import does."""
    demo.job_id = services().jobs.enqueue(demo_request(demo.sha256)).job_id
    demo.state = Demo.State.QUEUED
    demo.save(update_fields=["job_id", "state"])
    return demo.job_id


def publish_match(user: User, seed: int = 1, *, map_name: str = "de_mirage", **changes: Any) -> Match:
    """A match of four rounds and ten players, published as a worker would have.

    Args:
        user: Who brings it.
        seed: Each is another match.
        map_name: Its map.
        changes: Columns of the match that differ.
    """
    frames, derived = made_match(seed, map_name)
    demo = make_demo(user, f"match-{seed}.dem")
    match_id = match_id_of(demo.sha256)
    build = write_build(demo, map_name, {name: frames[name] for name in frames.tables}, derived)
    publish(services().store, demo.sha256, StepDone({"build": {"build": build.pk}}))
    Match.objects.filter(pk=match_id).update(**changes)
    match = Match.objects.get(pk=match_id)
    assert Observation.objects.filter(match=match, user=user).exists()
    return match


def write_build(
    demo: Demo, map_name: str, frames: Mapping[str, pl.DataFrame], derived: Mapping[str, pl.DataFrame]
) -> Build:
    """A new build of a file with these tables in the store, not yet published."""
    build = begin_build(demo.sha256, demo.job_id, map_name, [*frames, *derived])
    write_tables(services().store, place_of(build), frames)
    write_tables(services().store, place_of(build), derived, prefix=DERIVED_PREFIX)
    return build


def claim(user: User, match: Match, team: str = "a") -> SteamAccount:
    """Say that the first player of `team` is `user`."""
    row = match.player_stats.filter(side="all", team=team).order_by("steam_account").first()
    assert row is not None
    SteamAccount.objects.filter(pk=row.steam_account_id).update(user=user)
    return SteamAccount.objects.get(pk=row.steam_account_id)
