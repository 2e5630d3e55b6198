"""Publish a match: one transaction replaces all of its rows, so that readers see the old match or the new one."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import polars as pl
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from offangle.db.models import (
    Build,
    Demo,
    Match,
    Observation,
    PlayerMatchStat,
    SteamAccount,
)
from offangle.db.queries.match_edits import edited_values
from offangle.flows.following.demo import link_live_matches
from offangle.flows.recorded import states
from offangle.flows.recorded.build import build_of
from offangle.flows.recorded.builds import DeletedError, point_at
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.rows import (
    RowTables,
    account_names,
    check_entries,
    match_values,
    round_rows,
    stat_rows,
    state_table,
    vitals_at_freeze_end,
)
from offangle.flows.recorded.tables import BuildTables
from offangle.flows.recorded.weapon_rows import weapon_table
from offangle.flows.rows import MatchRows, text, write_rows
from offangle.jobs.kinds import JsonValue, StepContext
from offangle.storage.objects import ObjectStore

STAGE = "publishing"

FRAMES: Final = frozenset(
    {"match", "players", "parsers", "rounds", "player_rounds", "economy", "kills", "damages", "shots"}
)
DERIVED: Final = ("player_stats", "round_stats", "player_round_stats", "checks")
VITALS: Final = ("tick", "round_number", "steam_id", "health", "armor")
HANDS: Final = ("tick", "round_number", "steam_id", "is_alive", "weapon")


def publish(store: ObjectStore, sha256: str, context: StepContext) -> JsonValue:
    """Replace the match's rows, point it at the build they were made from, and say that its file is published.

    All in one transaction. A build that counts already, or no longer, changes nothing.

    Raises:
        DeletedError: The file was deleted meanwhile.
        BuildGoneError: The build was given up.
        TransientError: The store does not answer.
    """
    context.progress(STAGE, 0.0)
    build = build_of(sha256, context)
    match_id = match_id_of(sha256)
    if not Match.objects.filter(pk=match_id, build=build).exists():
        tables = _read_tables(match_id, BuildTables(store, build))
        context.check_cancelled()
        context.progress(STAGE, 0.5)
        with transaction.atomic():
            _replace(_locked(sha256), build, tables)
    context.progress(STAGE, 1.0)
    return {"match_id": str(match_id)}


def _replace(demo: Demo, build: Build, tables: RowTables) -> None:
    if not point_at(build, Match.objects.filter(pk=tables.match_id).first()):
        return
    match = _write_match(demo, build, tables)
    _write_rows(match, tables)
    _link_importers(match, demo)
    link_live_matches(match)
    _say_published(demo)


def _say_published(demo: Demo) -> None:
    if not states.published(demo.pk):
        raise DeletedError


def _read_tables(match_id: UUID, stored: BuildTables) -> RowTables:
    frames = stored.frames(FRAMES)
    return RowTables(
        match_id=match_id,
        match=frames["match"].row(0, named=True),
        players=frames["players"],
        parsers=frames["parsers"],
        economy=frames["economy"],
        vitals=_vitals(stored, frames["rounds"]),
        weapons=weapon_table(frames, stored.find("ticks", HANDS)),
        derived={name: stored.read(name) for name in DERIVED},
        seen_at=timezone.now(),
    )


def _vitals(stored: BuildTables, rounds: pl.DataFrame) -> pl.DataFrame:
    samples = stored.find("ticks", VITALS)
    if samples is None:
        return pl.DataFrame(
            schema={"round_number": pl.Int16, "steam_id": pl.Int64, "health": pl.Int16, "armor": pl.Int16}
        )
    return vitals_at_freeze_end(samples, rounds)


def _locked(sha256: str) -> Demo:
    demo = Demo.objects.select_for_update().filter(pk=sha256).exclude(state=Demo.State.DELETING).first()
    if demo is None:
        raise DeletedError
    return demo


def _write_match(demo: Demo, build: Build, tables: RowTables) -> Match:
    """The match's row, under the id it keeps; when it was first published stays."""
    values = {
        **match_values(tables.match, tables.derived["round_stats"]),
        "demo": demo,
        "build": build,
        "pipeline_version": build.pipeline_version,
        **edited_values(tables.match_id),
    }
    match, _ = Match.objects.update_or_create(
        pk=tables.match_id, defaults=values, create_defaults={**values, "published_at": tables.seen_at}
    )
    return match


def _write_rows(match: Match, tables: RowTables) -> None:
    derived = tables.derived
    states = state_table(derived["player_round_stats"], tables.economy, tables.vitals)
    _ensure_accounts(tables, [*states["steam_id"], *derived["player_stats"]["steam_id"]])
    rows = MatchRows(
        rounds=round_rows(derived["round_stats"]),
        states=states.to_dicts(),
        weapons=tables.weapons.to_dicts(),
        stats=stat_rows(derived["player_stats"]),
        parsers=[{name: text(value, 500) for name, value in row.items()} for row in tables.parsers.to_dicts()],
        checks=check_entries(derived["checks"]),
        pipeline_version=match.pipeline_version,
    )
    write_rows(match, rows)
    _refresh_names(tables.players["steam_id"].to_list())


def _ensure_accounts(tables: RowTables, steam_ids: Iterable[int]) -> None:
    names = account_names(tables.players, steam_ids)
    SteamAccount.objects.bulk_create(
        [SteamAccount(steam_id=steam_id, last_name=name) for steam_id, name in names.items()], ignore_conflicts=True
    )


def _refresh_names(steam_ids: list[int]) -> None:
    """Call each player as in the latest of their matches, which need not be this one."""
    latest = (
        PlayerMatchStat.objects.filter(steam_account=OuterRef("pk"), side="all")
        .order_by(Coalesce("match__played_at", "match__published_at").desc(), "-match_id")
        .values("name")[:1]
    )
    seen = PlayerMatchStat.objects.filter(steam_account__in=steam_ids, side="all").values("steam_account")
    accounts = SteamAccount.objects.filter(pk__in=seen)
    # Locked in the order of their ids first: two matches of the same ten players must not wait for each other.
    list(accounts.order_by("pk").select_for_update().values_list("pk", flat=True))
    accounts.update(last_name=Subquery(latest))


def _link_importers(match: Match, demo: Demo) -> None:
    users = demo.imports.order_by("user_id").values_list("user_id", flat=True).distinct()
    links = [Observation(match=match, user_id=user_id, kind=Observation.Kind.DEMO) for user_id in users]
    Observation.objects.bulk_create(links, ignore_conflicts=True)
