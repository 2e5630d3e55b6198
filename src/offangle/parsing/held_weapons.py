"""Hits that were booked to a base weapon, resolved by what the attacker held.

Some sources name a hit's weapon by the item that the weapon stands in for: an M4A1-S under `m4a1`, a USP-S under
`hkp2000`, a knife of whatever model under `knife`. Kills and shots name the weapon itself, and so tell which it was.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from offangle.core.weapons import BASE_WEAPONS, weapon_class

BASE_KNIVES: Final = ("knife", "knife_t")
KNIFE: Final = "knife"
"""The family of everything that cuts."""

_HIT: Final = ["round_number", "tick", "attacker_steam_id", "victim_steam_id"]
_WHO: Final = ["round_number", "attacker_steam_id", "family"]


def resolve_base_weapons(
    damages: pl.DataFrame,
    *,
    kills: pl.DataFrame,
    shots: pl.DataFrame | None = None,
    ticks: pl.DataFrame | None = None,
    economy: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`damages` with base weapons replaced by those in hand, and the corrections that were made.

    The first that tells decides: the kill that the hit led to, the attacker's last shot before it, the weapon they were
    sampled with, another kill of theirs in the round, the only such weapon they carried at freeze end. Where nothing
    tells, the source's word stays.

    Args:
        damages: Hits in any order, with round_number, tick, attacker_steam_id, victim_steam_id, weapon.
        kills: As the table `kills`.
        shots: As the table `shots`, where the source has it.
        ticks: As the table `ticks`, where the source has it.
        economy: As the table `economy`, where the source has it.

    Returns:
        The hits in the same order, and rows of the table `corrections` without their numbers: one per pair of weapons.
    """
    hits = damages.with_row_index("hit").with_columns(stated=pl.col("weapon"), family=_family(damages, "weapon"))
    open_hits = hits.filter(pl.col("weapon").is_in([*BASE_WEAPONS, *BASE_KNIVES]) & pl.col("family").is_not_null())
    open_hits = open_hits.select("hit", *_HIT, "family").drop_nulls("attacker_steam_id")
    named = [_as_held(kills, "attacker_steam_id")]
    named += [_as_held(table, "steam_id") for table in (shots, ticks) if table is not None]
    tellers = [
        _by_kill(open_hits, kills),
        *(_last_before(open_hits, held) for held in named[1:]),
        _nearest(open_hits, named[0]),
        *([] if economy is None else [_carried(open_hits, economy)]),
    ]
    held = pl.concat(tellers).unique("hit", keep="first", maintain_order=True)
    resolved = hits.join(held, on="hit", how="left", maintain_order="left").with_columns(
        weapon=pl.coalesce("held", "weapon")
    )
    return resolved.select(damages.columns), _corrections(resolved)


def _family(frame: pl.DataFrame, column: str) -> pl.Expr:
    """What a weapon may be mistaken for: the base weapon's name, or `knife`; null for all others."""
    words = frame.get_column(column).cast(pl.String).unique().drop_nulls().to_list()
    return pl.col(column).cast(pl.String).replace_strict(_families(words), default=None, return_dtype=pl.String)


def _families(words: Sequence[str]) -> Mapping[str, str]:
    named = {name: base for base, other in BASE_WEAPONS.items() for name in (base, other)}
    return {word: KNIFE if weapon_class(word) == "melee" and word != "taser" else named.get(word, "") for word in words}


def _as_held(events: pl.DataFrame, player: str) -> pl.DataFrame:
    """round_number, tick, attacker_steam_id, family, held: weapons that may be mistaken, in order of time."""
    held = events.with_columns(family=_family(events, "weapon")).filter(pl.col("family") != "")
    return held.select(
        "round_number",
        pl.col("tick").cast(pl.Int64),
        pl.col(player).alias("attacker_steam_id"),
        "family",
        pl.col("weapon").cast(pl.String).alias("held"),
    ).sort("tick", maintain_order=True)


def _by_kill(hits: pl.DataFrame, kills: pl.DataFrame) -> pl.DataFrame:
    """The weapon of the kill of that very tick, attacker and victim: hit, held."""
    killed = kills.select(*_HIT, family=_family(kills, "weapon"), held=pl.col("weapon").cast(pl.String))
    return hits.join(killed, on=[*_HIT, "family"]).select("hit", "held")


def _last_before(hits: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The weapon of that family last seen with the attacker in the round, up to the hit's tick: hit, held."""
    return _asof(hits, held, "backward")


def _nearest(hits: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The weapon of that family seen with the attacker nearest in the round: hit, held."""
    return _asof(hits, held, "nearest")


def _asof(hits: pl.DataFrame, held: pl.DataFrame, strategy: str) -> pl.DataFrame:
    found = (
        hits.with_columns(pl.col("tick").cast(pl.Int64))
        .sort("tick", maintain_order=True)
        .join_asof(
            held,
            on="tick",
            by=_WHO,
            strategy=strategy,  # type: ignore[arg-type]  # one of polars' own words, given above
            check_sortedness=False,  # sorted just above; polars cannot see it through `by`
        )
    )
    return found.select("hit", "held").drop_nulls()


def _carried(hits: pl.DataFrame, economy: pl.DataFrame) -> pl.DataFrame:
    """The only weapon of that family that the attacker carried at freeze end: hit, held."""
    slots = pl.concat(
        economy.select("round_number", attacker_steam_id="steam_id", weapon=f"{slot}_weapon")
        for slot in ("primary", "secondary")
    )
    carried = slots.with_columns(family=_family(slots, "weapon"), held="weapon").filter(pl.col("family") != "")
    only = carried.group_by(_WHO).agg(pl.col("held").unique()).filter(pl.col("held").list.len() == 1)
    return hits.join(only.with_columns(pl.col("held").list.first()), on=_WHO).select("hit", "held")


def _corrections(resolved: pl.DataFrame) -> pl.DataFrame:
    changed = resolved.filter(pl.col("weapon") != pl.col("stated"))
    return (
        changed.group_by(pl.col("stated", "weapon"))
        .agg(rows=pl.len())
        .sort("stated", "weapon")
        .select(
            reason=pl.lit("held_weapon"),
            table=pl.lit("damages"),
            column=pl.lit("weapon"),
            round_number=pl.lit(0, pl.Int64),
            rows=pl.col("rows").cast(pl.Int64),
            stated="stated",
            taken="weapon",
        )
    )
