"""How fast players move when they shoot, and how long an enemy is seen before the first hit.

Real matches have positions at 64 Hz only in windows around damage, and whole units at that; a simulated match has every
tick or every fourth. Both are looked at through the same windows and over the same spans.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl

from distributions.match import Booleans, Floats, LineOfSight, Played
from offangle.core.ticks import window_ticks
from offangle.core.weapons import WEAPONS

BEFORE_DAMAGE_S: Final = 2.0
AFTER_DAMAGE_S: Final = 1.0
"""The windows around damage in which real matches have every tick."""

SPEED_TICKS: Final = 4
"""A speed is the way in so many ticks, half of them before the shot: whole units then cost 10 u/s of precision."""
SLOW_SHARE: Final = 0.34
"""Of the weapon's greatest speed: below it a shot counts as counter-strafed (DEFINITIONS, Aim)."""

LOOK_TICKS: Final = 4
"""Sight is asked for sixteen times a second, so a time to damage is up to four ticks too short."""
DROPPED_ABOVE_S: Final = 1.0
"""Longer times to damage are dropped (DEFINITIONS, Aim)."""
STILL_SEEN_S: Final = 0.5
"""A sight that is broken for no longer than this goes on."""
NEW_DUEL_S: Final = 2.0
"""Damage belongs to a duel that has begun already if the same two met within this."""

EYE_U: Final = 64.0
SHOWN_U: Final = (45.0, 62.0)
"""Heights of chest and head; one of them in sight is enough. Recordings of real matches do not tell who crouches."""
HALF_WIDTH_DEG: Final = 53.0
HALF_HEIGHT_DEG: Final = 37.0
"""Half of what a 16:9 screen shows."""
SMOKE_RADIUS_U: Final = 130.0
"""A little less than a cloud's 144, as its rim is thin."""
SMOKE_MIDDLE_U: Final = 60.0
SMOKE_GROWS_S: Final = 0.5

SIGHTS: Final = "sights"
"""A simulated match may bring the truth: tick, steam_id, enemy_steam_id of each beginning of a sight."""

_SAMPLE: Final = ("tick", "round_number", "steam_id", "x", "y", "z", "pitch_deg", "yaw_deg")


@lru_cache(maxsize=1)
def shot_speeds(match: Played, weapon_class: str) -> pl.DataFrame:
    """Shots of guns of one class near damage: weapon, `speed_u_s` along the ground, `share` of the weapon's greatest.

    From positions at 16 Hz or more, else from the shots' own velocity; empty where there is neither. Shots of players
    who crouch are left out where the recording tells.
    """
    shots = _near_damage(match.shots.filter(pl.col("weapon_class") == weapon_class), match)
    samples = _samples(match)
    if samples is None:
        shots = shots.with_columns(speed_u_s=(pl.col("velocity_x") ** 2 + pl.col("velocity_y") ** 2).sqrt())
    else:
        shots = _with_speeds(shots, samples, match.tick_rate)
    greatest = {name: float(weapon.max_speed_u) for name, weapon in WEAPONS.items() if weapon.max_speed_u is not None}
    limit = pl.col("weapon").replace_strict(greatest, default=None, return_dtype=pl.Float64)
    standing = _standing(shots, match).with_columns(share=pl.col("speed_u_s") / limit)
    return standing.select("weapon", "speed_u_s", "share").drop_nulls()


def _standing(shots: pl.DataFrame, match: Played) -> pl.DataFrame:
    """Without the shots of those who crouch."""
    ticks = match.frames["ticks"].filter(pl.col("is_ducking").fill_null(value=False))
    if ticks.is_empty():
        return shots
    step = max(1, round(match.tick_rate / (match.frames["match"].item(0, "sample_rate_hz") or match.tick_rate)))
    ducked = ticks.select("tick", "steam_id", ducked=pl.lit(value=True)).sort("tick")
    marked = shots.sort("tick").join_asof(
        ducked, on="tick", by="steam_id", strategy="backward", tolerance=step - 1, check_sortedness=False
    )
    return marked.filter(pl.col("ducked").is_null())


def _samples(match: Played) -> pl.DataFrame | None:
    """Living players at 16 Hz or more, at least near damage; None where the match has less."""
    if match.frames.has("duel_ticks"):
        return match.frames.counted("duel_ticks").filter("is_alive").select(_SAMPLE)
    rate_hz = match.frames["match"].item(0, "sample_rate_hz")
    if rate_hz is None or rate_hz * LOOK_TICKS < match.tick_rate:
        return None
    return match.frames.counted("ticks").filter("is_alive").select(_SAMPLE)


def _with_speeds(shots: pl.DataFrame, samples: pl.DataFrame, tick_rate: float) -> pl.DataFrame:
    """Add `speed_u_s` from positions in whole units, over the ticks around each shot; null where they are not known."""
    who = ["round_number", "steam_id"]
    starts = samples.select(*who, "tick", pl.col("x", "y").round())
    ends = starts.select(*who, pl.col("tick") - SPEED_TICKS, end_x="x", end_y="y")
    way_u = ((pl.col("end_x") - pl.col("x")) ** 2 + (pl.col("end_y") - pl.col("y")) ** 2).sqrt()
    speeds = starts.join(ends, on=[*who, "tick"]).select(
        *who, pl.col("tick") + SPEED_TICKS // 2, speed_u_s=way_u / SPEED_TICKS * tick_rate
    )
    return shots.sort("tick").join_asof(
        speeds.sort("tick"),
        on="tick",
        by=who,
        strategy="nearest",
        tolerance=SPEED_TICKS // 2,
        check_sortedness=False,
    )


def _near_damage(shots: pl.DataFrame, match: Played) -> pl.DataFrame:
    """Shots from two seconds before to one after any damage of the round."""
    before, after = (window_ticks(span, match.tick_rate) for span in (BEFORE_DAMAGE_S, AFTER_DAMAGE_S))
    damage = match.frames.counted("damages").select("round_number", pl.col("tick").cast(pl.Int64)).unique().sort("tick")
    ordered = shots.with_columns(at=pl.col("tick").cast(pl.Int64)).sort("at")
    next_one = damage.select("round_number", at="tick", next_tick="tick")
    last_one = damage.select("round_number", at="tick", last_tick="tick")
    ordered = ordered.join_asof(
        next_one, on="at", by="round_number", strategy="forward", tolerance=before, check_sortedness=False
    )
    ordered = ordered.join_asof(
        last_one, on="at", by="round_number", strategy="backward", tolerance=after, check_sortedness=False
    )
    near = pl.col("next_tick").is_not_null() | pl.col("last_tick").is_not_null()
    return ordered.filter(near).drop("at", "next_tick", "last_tick")


@lru_cache(maxsize=1)
def first_sights(match: Played) -> pl.DataFrame:
    """Duels that begin with a sight and lead to damage within a second: `to_damage_s`, `distance_u` at first sight.

    Where a simulated match brings the truth it is taken. Otherwise sight is worked out from positions and the map;
    empty where there are none at 16 Hz or more, or no geometry. `distance_u` is null with the truth.
    """
    duels = _duels(match)
    if match.frames.has(SIGHTS):
        found = _told_sights(duels, match)
    elif match.line_of_sight is not None and (samples := _samples(match)) is not None:
        found = _worked_out_sights(duels, samples, match, match.line_of_sight)
    else:
        return pl.DataFrame(schema={"to_damage_s": pl.Float64, "distance_u": pl.Float64})
    return found.filter(pl.col("to_damage_s") <= DROPPED_ABOVE_S)


def _duels(match: Played) -> pl.DataFrame:
    """First gun damage between two enemies: duel, round_number, attacker_steam_id, victim_steam_id, damage_tick."""
    pair = ["round_number", "attacker_steam_id", "victim_steam_id"]
    hits = match.hits.select(*pair, damage_tick="tick").sort(*pair, "damage_tick")
    since = (pl.col("damage_tick") - pl.col("damage_tick").shift(1)).over(pair)
    new = since.is_null() | (since > window_ticks(NEW_DUEL_S, match.tick_rate))
    return hits.filter(new).with_row_index("duel")


def _told_sights(duels: pl.DataFrame, match: Played) -> pl.DataFrame:
    sights = match.frames[SIGHTS].select(
        pl.col("tick").cast(pl.Int64).alias("sight_tick"),
        pl.col("steam_id").alias("attacker_steam_id"),
        pl.col("enemy_steam_id").alias("victim_steam_id"),
    )
    last = duels.with_columns(pl.col("damage_tick").cast(pl.Int64)).sort("damage_tick")
    joined = last.join_asof(
        sights.sort("sight_tick"),
        left_on="damage_tick",
        right_on="sight_tick",
        by=["attacker_steam_id", "victim_steam_id"],
        check_sortedness=False,
    )
    seconds = (pl.col("damage_tick") - pl.col("sight_tick")) / match.tick_rate
    return joined.select(to_damage_s=seconds, distance_u=pl.lit(None, dtype=pl.Float64)).drop_nulls("to_damage_s")


def _worked_out_sights(
    duels: pl.DataFrame, samples: pl.DataFrame, match: Played, line_of_sight: LineOfSight
) -> pl.DataFrame:
    """Of each duel the beginning of the sight that lasts until the damage."""
    looks = _moments(duels, samples, match.tick_rate)
    facing = looks.filter(_in_view(looks))
    seen = facing.filter(_in_sight(facing, line_of_sight) & ~_in_smoke(facing, match))
    gap = window_ticks(STILL_SEEN_S, match.tick_rate)
    ordered = seen.sort("duel", "ticks_before")
    since = pl.col("ticks_before").diff().over("duel").fill_null(pl.col("ticks_before"))
    unbroken = (since <= gap).cast(pl.Int8).cum_min().over("duel") == 1
    begins = ordered.filter(unbroken).group_by("duel", maintain_order=True).last()
    return begins.select(to_damage_s=pl.col("ticks_before") / match.tick_rate, distance_u=_eyes_to_body_u())


def _moments(duels: pl.DataFrame, samples: pl.DataFrame, tick_rate: float) -> pl.DataFrame:
    """Both of each duel at every look before the damage: the attacker's x, y, z, pitch_deg, yaw_deg, the victim's to_*.

    One look per LOOK_TICKS, the last one at the damage.
    """
    longest = window_ticks(DROPPED_ABOVE_S + STILL_SEEN_S, tick_rate)
    offsets = pl.DataFrame({"ticks_before": range(longest + 1)}, schema={"ticks_before": pl.Int32})
    times = duels.join(offsets, how="cross").with_columns(tick=pl.col("damage_tick") - pl.col("ticks_before"))
    samples = samples.drop_nulls()
    attackers = samples.rename({"steam_id": "attacker_steam_id"})
    victims = samples.select("tick", victim_steam_id="steam_id", to_x="x", to_y="y", to_z="z")
    both = times.join(attackers, on=["round_number", "tick", "attacker_steam_id"]).join(
        victims, on=["tick", "victim_steam_id"]
    )
    nth = both.with_columns(look=pl.col("ticks_before") // LOOK_TICKS).sort("duel", "ticks_before")
    return nth.unique(["duel", "look"], keep="first", maintain_order=True)


def _points(looks: pl.DataFrame, prefix: str, height_u: float) -> Floats:
    columns = (pl.col(f"{prefix}x"), pl.col(f"{prefix}y"), pl.col(f"{prefix}z") + height_u)
    return looks.select(column.cast(pl.Float64) for column in columns).to_numpy()


def _eyes_to_body_u() -> pl.Expr:
    squares = [(pl.col(axis) - pl.col(f"to_{axis}")).cast(pl.Float64) ** 2 for axis in "xyz"]
    return (squares[0] + squares[1] + squares[2]).sqrt()


def _in_view(looks: pl.DataFrame) -> pl.Series:
    """Whether the victim is on the attacker's screen, walls or not."""
    way = _points(looks, "to_", EYE_U) - _points(looks, "", EYE_U)
    yaw = np.degrees(np.arctan2(way[:, 1], way[:, 0])) - looks["yaw_deg"].to_numpy()
    pitch = -np.degrees(np.arctan2(way[:, 2], np.hypot(way[:, 0], way[:, 1]))) - looks["pitch_deg"].to_numpy()
    sideways = np.abs((yaw + 180.0) % 360.0 - 180.0)
    return pl.Series((sideways <= HALF_WIDTH_DEG) & (np.abs(pitch) <= HALF_HEIGHT_DEG), dtype=pl.Boolean)


def _in_sight(looks: pl.DataFrame, line_of_sight: LineOfSight) -> pl.Series:
    """Whether nothing of the map stands between the attacker's eyes and the victim's chest or head."""
    eyes = _points(looks, "", EYE_U)
    seen: Booleans = np.zeros(len(eyes), dtype=np.bool_)
    for height_u in SHOWN_U:
        hidden = np.flatnonzero(~seen)
        if len(hidden):
            seen[hidden] = line_of_sight(eyes[hidden], _points(looks, "to_", height_u)[hidden])
    return pl.Series(seen, dtype=pl.Boolean)


def _in_smoke(looks: pl.DataFrame, match: Played) -> pl.Series:
    """Whether a smoke stands between the two."""
    eyes, bodies, ticks = _points(looks, "", EYE_U), _points(looks, "to_", EYE_U), looks["tick"].to_numpy()
    hidden: Booleans = np.zeros(len(eyes), dtype=np.bool_)
    grown = window_ticks(SMOKE_GROWS_S, match.tick_rate)
    smokes = match.frames.counted("smokes").drop_nulls(["x", "y", "z", "end_tick"])
    for start, end, x, y, z in smokes.select("start_tick", "end_tick", "x", "y", "z").iter_rows():
        there = np.flatnonzero((ticks >= start + grown) & (ticks <= end))
        middle = np.array((x, y, z + SMOKE_MIDDLE_U))
        hidden[there] |= _passes(eyes[there], bodies[there], middle, SMOKE_RADIUS_U)
    return pl.Series(hidden, dtype=pl.Boolean)


def _passes(starts: Floats, ends: Floats, middle: Floats, radius_u: float) -> Booleans:
    """Which segments come nearer to `middle` than the radius."""
    way = ends - starts
    square = np.maximum(np.einsum("ij,ij->i", way, way), 1.0)  # within one unit of each other nothing stands between
    along = np.clip(np.einsum("ij,ij->i", middle - starts, way) / square, 0.0, 1.0)
    nearest = starts + along[:, None] * way - middle
    return np.asarray(np.einsum("ij,ij->i", nearest, nearest) < radius_u**2, dtype=np.bool_)
