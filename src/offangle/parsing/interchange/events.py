"""Files of events: kills, damages, blinds, the bomb, grenades, and the scoreboard."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from offangle.core.errors import BadInputError
from offangle.parsing.interchange.archive import Archive
from offangle.parsing.interchange.roster import Roster
from offangle.parsing.interchange.rows import BLINDS, BOMBS, DAMAGES, GRENADES, KILLS, PLAYER_STATS, Rows
from offangle.parsing.interchange.vocabulary import (
    BOMB_EVENTS,
    GRENADE_KINDS,
    HIT_GROUPS,
    SITE_EVENTS,
    SITES,
    translated,
    weapon,
)

TELLING_FLASHES: Final = 20
"""Flashes after which "nobody was ever blind" means that the exporter did not see it."""


def read_scoreboard(archive: Archive, roster: Roster) -> pl.DataFrame | None:
    """The table `scoreboard`: the source's own totals.

    Raises:
        BadInputError: A player has two rows.
    """
    rows = _read(archive, roster, PLAYER_STATS)
    if rows is not None and rows.get_column("steam_id").is_duplicated().any():
        raise BadInputError("player-stats.json: a player has two rows")
    return rows


def read_kills(archive: Archive, roster: Roster) -> pl.DataFrame:
    """The table `kills`; a flash assister stands in `assister_steam_id` with `is_flash_assist`.

    Raises:
        BadInputError: There is no such file.
    """
    rows = _needed(archive, roster, KILLS)
    rows = rows.with_columns(
        pl.coalesce("assister_steam_id", "flash_assister_steam_id").alias("assister_steam_id"),
        pl.col("is_flash_assist").fill_null(value=False),
        weapon("weapon"),
    )
    for role in ("attacker", "victim", "assister"):
        rows = roster.with_side(rows, f"{role}_steam_id", f"{role}_side")
    return roster.without_warmup(rows).sort("tick", maintain_order=True)


def read_damages(archive: Archive, roster: Roster) -> pl.DataFrame:
    """The table `damages`; `healthDamage` is already capped at the health left.

    Raises:
        BadInputError: There is no such file.
    """
    rows = _needed(archive, roster, DAMAGES)
    rows = translated(rows, "hit_group", HIT_GROUPS, where="damages.json: hitgroup")
    rows = rows.with_columns(
        (pl.col("victim_health_before") - pl.col("health_damage")).alias("victim_health_after"), weapon("weapon")
    )
    for role in ("attacker", "victim"):
        rows = roster.with_side(rows, f"{role}_steam_id", f"{role}_side")
    return roster.without_warmup(rows).sort("tick", maintain_order=True)


def read_blinds(archive: Archive, roster: Roster, grenades: pl.DataFrame | None) -> pl.DataFrame | None:
    """The table `blinds`; absent when the file is empty though so many flashes cannot all have blinded nobody."""
    rows = _read(archive, roster, BLINDS)
    if rows is None or (rows.is_empty() and _flashes(grenades) >= TELLING_FLASHES):
        return None
    for role in ("attacker", "victim"):
        rows = roster.with_side(rows, f"{role}_steam_id", f"{role}_side")
    return roster.without_warmup(rows).sort("tick", maintain_order=True)


def _flashes(grenades: pl.DataFrame | None) -> int:
    return 0 if grenades is None else grenades.filter(pl.col("kind") == "flash").height


def read_bomb_events(archive: Archive, roster: Roster) -> pl.DataFrame | None:
    """The table `bomb_events`; the site only where the event is at one."""
    rows = _read(archive, roster, BOMBS)
    if rows is None:
        return None
    rows = translated(rows, "event", BOMB_EVENTS, where="bombs.json: type")
    rows = translated(rows, "site", SITES, where="bombs.json: site")
    at_site = pl.col("event").is_in(SITE_EVENTS)
    return rows.with_columns(pl.when(at_site).then(pl.col("site")).alias("site")).sort("tick", maintain_order=True)


def read_grenades(archive: Archive, roster: Roster) -> pl.DataFrame | None:
    """The table `grenades`; a CT's molotov is an incendiary, since the format has one word for both."""
    rows = _read(archive, roster, GRENADES)
    if rows is None:
        return None
    rows = translated(rows, "kind", GRENADE_KINDS, where="grenades.json: grenade")
    rows = roster.with_side(rows, "thrower_steam_id", "thrower_side").with_columns(
        pl.when((pl.col("kind") == "molotov") & (pl.col("thrower_side") == "ct"))
        .then(pl.lit("incendiary"))
        .otherwise(pl.col("kind"))
        .alias("kind")
    )
    return _with_own_ids(rows).sort("throw_tick", maintain_order=True)


def _with_own_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Give an id to a grenade without one, and tell apart two that share one."""
    named = rows.with_columns(pl.coalesce("grenade_id", pl.format("unnamed-{}", "throw_tick")).alias("grenade_id"))
    nth = pl.int_range(pl.len()).over("grenade_id")
    return named.with_columns(
        pl.when(nth == 0)
        .then(pl.col("grenade_id"))
        .otherwise(pl.format("{}-{}", "grenade_id", nth + 1))
        .alias("grenade_id")
    )


def lasting_effects(grenades: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    """The tables `smokes` and `fires`: grenades from bloom or first flame until they are gone."""
    effects = grenades.filter(pl.col("effect_tick").is_not_null()).rename(
        {"effect_tick": "start_tick", "effect_x": "x", "effect_y": "y", "effect_z": "z"}
    )
    return {
        "smokes": effects.filter(pl.col("kind") == "smoke").sort("start_tick", maintain_order=True),
        "fires": effects.filter(pl.col("kind").is_in(["molotov", "incendiary"])).sort(
            "start_tick", maintain_order=True
        ),
    }


def _needed(archive: Archive, roster: Roster, declared: Rows) -> pl.DataFrame:
    rows = _read(archive, roster, declared)
    if rows is None:
        raise BadInputError(f"{declared.key}.json is missing")
    return rows


def _read(archive: Archive, roster: Roster, declared: Rows) -> pl.DataFrame | None:
    rows = declared.read(archive)
    name = archive.name_of(declared.key)
    return None if rows is None or name is None else roster.identify(rows, declared, where=name)
