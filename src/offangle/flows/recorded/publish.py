"""Publish a match: one transaction replaces all of its rows, so that readers see the old match or the new one."""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from offangle.db.models import (
    Analysis,
    Demo,
    Match,
    Observation,
    PlayerMatchStat,
    PlayerRoundState,
    PlayerWeapon,
    Round,
    SteamAccount,
)
from offangle.db.queries.match_edits import edited_values
from offangle.db.queries.weapons import ensure_weapons
from offangle.flows.following.demo import link_live_matches
from offangle.flows.recorded.analyse import analysed_manifest
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.parsed import Manifest, derived_tables, drop_parsed, stored_frames, stored_table
from offangle.flows.recorded.presence import DeletedError
from offangle.flows.recorded.rows import (
    Bounds,
    MatchTables,
    account_names,
    check_entries,
    match_values,
    round_rows,
    stat_rows,
    state_rows,
    state_table,
    text,
    vitals_at_freeze_end,
)
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.recorded.weapon_rows import weapon_rows, weapon_table
from offangle.jobs.kinds import JsonValue, StepContext
from offangle.storage.tables import FRAMES_PREFIX

STAGE = "publishing"

FRAMES: Final = frozenset(
    {"match", "players", "parsers", "rounds", "player_rounds", "economy", "kills", "damages", "shots"}
)
DERIVED: Final = ("player_stats", "round_stats", "player_round_stats", "checks")
VITALS: Final = ("tick", "round_number", "steam_id", "health", "armor")
HANDS: Final = ("tick", "round_number", "steam_id", "is_alive", "weapon")
BATCH: Final = 500


def publish(sha256: str, context: StepContext) -> JsonValue:
    """Replace the match's rows and say that its file is published; the parsed tables have served then.

    Raises:
        DeletedError: The file was deleted meanwhile.
    """
    context.progress(STAGE, 0.0)
    manifest, derived = analysed_manifest(sha256, context)
    tables = _read_tables(sha256, manifest, derived)
    context.check_cancelled()
    context.progress(STAGE, 0.5)
    with transaction.atomic():
        demo = _locked(sha256)
        match = _write_match(demo, tables)
        _write_rows(match, tables)
        _link_importers(match, demo)
        link_live_matches(match)
        _mark_published(demo)
    drop_parsed(sha256)
    context.progress(STAGE, 1.0)
    return {"match_id": str(match.pk)}


def _read_tables(sha256: str, manifest: Manifest, derived_names: list[str]) -> MatchTables:
    frames = stored_frames(sha256, manifest, FRAMES)
    return MatchTables(
        match_id=match_id_of(sha256),
        match=frames["match"].row(0, named=True),
        players=frames["players"],
        parsers=frames["parsers"],
        economy=frames["economy"],
        vitals=_vitals(sha256, manifest, frames["rounds"]),
        weapons=weapon_table(frames, _samples(sha256, manifest, HANDS)),
        derived=derived_tables(sha256, manifest, DERIVED),
        names=[*manifest.tables, *derived_names],
        seen_at=timezone.now(),
    )


def _vitals(sha256: str, manifest: Manifest, rounds: pl.DataFrame) -> pl.DataFrame:
    samples = _samples(sha256, manifest, VITALS)
    if samples is None:
        return pl.DataFrame(
            schema={"round_number": pl.Int16, "steam_id": pl.Int64, "health": pl.Int16, "armor": pl.Int16}
        )
    return vitals_at_freeze_end(samples, rounds)


def _samples(sha256: str, manifest: Manifest, columns: tuple[str, ...]) -> pl.DataFrame | None:
    """Some columns of `ticks`, which as a whole would be large; None where the recording has none."""
    if "ticks" not in manifest.tables:
        return None
    return stored_table(sha256, manifest, "ticks", FRAMES_PREFIX, columns)


def _locked(sha256: str) -> Demo:
    demo = Demo.objects.select_for_update().filter(pk=sha256).exclude(state=Demo.State.DELETING).first()
    if demo is None:
        raise DeletedError("the file was deleted while it was worked on")
    return demo


def _write_match(demo: Demo, tables: MatchTables) -> Match:
    """The match's row, under the id it keeps; when it was first published stays."""
    values = {
        **match_values(tables.match, tables.derived["round_stats"]),
        "demo": demo,
        "pipeline_version": PIPELINE_VERSION,
        **edited_values(tables.match_id),
    }
    match, _ = Match.objects.update_or_create(
        pk=tables.match_id, defaults=values, create_defaults={**values, "published_at": tables.seen_at}
    )
    return match


def _write_rows(match: Match, tables: MatchTables) -> None:
    _delete_rows(match)
    derived, bounds = tables.derived, Bounds()
    states = state_table(derived["player_round_stats"], tables.economy, tables.vitals)
    _ensure_accounts(tables, [*states["steam_id"], *derived["player_stats"]["steam_id"]])
    ensure_weapons(tables.weapons["weapon"].unique().to_list())
    rounds = {row.number: row for row in _create(Round, round_rows(match, derived["round_stats"]))}
    _create(PlayerMatchStat, stat_rows(match, derived["player_stats"]))
    made = _create(PlayerRoundState, state_rows(match, rounds, states, bounds))
    _create(PlayerWeapon, weapon_rows(made, tables.weapons))
    _refresh_names(tables.players["steam_id"].to_list())
    _write_analysis(match, tables, bounds)


def _delete_rows(match: Match) -> None:
    PlayerWeapon.objects.filter(state__match=match).delete()
    PlayerRoundState.objects.filter(match=match).delete()
    PlayerMatchStat.objects.filter(match=match).delete()
    Round.objects.filter(match=match).delete()


def _create(model: Any, rows: list[Any]) -> list[Any]:
    created: list[Any] = model.objects.bulk_create(rows, batch_size=BATCH)
    return created


def _ensure_accounts(tables: MatchTables, steam_ids: Iterable[int]) -> None:
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


def _write_analysis(match: Match, tables: MatchTables, bounds: Bounds) -> None:
    checks = [*check_entries(tables.derived["checks"]), bounds.check()]
    match.checks_failed = sum(check["ok"] is False for check in checks)
    match.save(update_fields=["checks_failed"])
    parsers = [{name: text(value, 500) for name, value in row.items()} for row in tables.parsers.iter_rows(named=True)]
    values = {"pipeline_version": PIPELINE_VERSION, "parsers": parsers, "checks": checks, "tables": tables.names}
    Analysis.objects.update_or_create(match=match, defaults=values)


def _link_importers(match: Match, demo: Demo) -> None:
    users = demo.imports.order_by("user_id").values_list("user_id", flat=True).distinct()
    links = [Observation(match=match, user_id=user_id, kind=Observation.Kind.DEMO) for user_id in users]
    Observation.objects.bulk_create(links, ignore_conflicts=True)


def _mark_published(demo: Demo) -> None:
    demo.state, demo.pipeline_version = Demo.State.PUBLISHED, PIPELINE_VERSION
    demo.failure, demo.failure_hint, demo.failure_is_permanent = "", "", False
    demo.save(update_fields=["state", "pipeline_version", "failure", "failure_hint", "failure_is_permanent"])
