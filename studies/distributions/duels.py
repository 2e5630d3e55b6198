"""Duels: how far, with what, how fast, and where the hits land."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from distributions.aim import SLOW_SHARE, first_sights, shot_speeds
from distributions.match import GUNS, Played
from distributions.measure import Compute, Measure, Values, numbers, share_of

RIFLE_BURST_S: Final = 0.25
"""Rifle shots that follow each other within this belong to one burst: the slowest automatic fire takes 0.11 s."""


def gun_kills(match: Played, classes: Iterable[str] = GUNS) -> pl.DataFrame:
    return match.kills.filter(pl.col("weapon_class").is_in(list(classes)))


def duel_distances(*classes: str) -> Compute:
    return lambda match: numbers(gun_kills(match, classes)["distance_u"])


def headshots(*classes: str) -> Compute:
    return lambda match: numbers(gun_kills(match, classes)["is_headshot"])


def kills_by(weapon_class: str) -> Compute:
    return lambda match: numbers(match.kills["weapon_class"] == weapon_class)


def hits_on(*hit_groups: str) -> Compute:
    return lambda match: numbers(match.hits["hit_group"].cast(pl.String).is_in(hit_groups))


def damage_per_hit(weapon_class: str) -> Compute:
    return lambda match: numbers(match.hits.filter(pl.col("weapon_class") == weapon_class)["health_damage"])


def shots_per_round(match: Played) -> Values:
    counts = match.rounds.select("round_number").join(
        match.shots.group_by("round_number").len(), on="round_number", how="left"
    )
    return numbers(counts["len"].fill_null(0)) if match.frames.has("shots") else []


def shots_per_kill(match: Played) -> Values:
    return share_of(match.shots.height, gun_kills(match).height)


def hits_per_shot(match: Played) -> Values:
    return share_of(match.hits.height, match.shots.height)


def rifle_bursts(match: Played) -> Values:
    who = ["round_number", "steam_id", "weapon"]
    shots = match.shots.filter(pl.col("weapon_class") == "rifle").sort(*who, "tick")
    pause = pl.col("tick").diff().over(who) > RIFLE_BURST_S * match.tick_rate
    bursts = shots.with_columns(burst=pause.fill_null(value=True).cum_sum())
    return numbers(bursts.group_by("burst", maintain_order=True).len()["len"])


def rifle_speeds(match: Played) -> Values:
    return numbers(shot_speeds(match, "rifle")["speed_u_s"])


def slow_rifle_shots(match: Played) -> Values:
    return numbers(shot_speeds(match, "rifle")["share"] < SLOW_SHARE)


def times_to_damage(match: Played) -> Values:
    return numbers(first_sights(match)["to_damage_s"] * 1000)


def sight_distances(match: Played) -> Values:
    return numbers(first_sights(match)["distance_u"])


HIT_GROUPS: Final = {
    "head": ("head", "neck"),
    "chest": ("chest",),
    "stomach": ("stomach",),
    "arms": ("left_arm", "right_arm"),
    "legs": ("left_leg", "right_leg"),
}

DUELS: Final = (
    Measure(
        name="duel_distance_u",
        label="duel distance",
        group="duels",
        one="kill with a gun",
        unit="u",
        values=duel_distances(*GUNS),
    ),
    *(
        Measure(
            name=f"duel_distance_{name}_u",
            label=f"duel distance, {name}",
            group="duels",
            one="kill",
            unit="u",
            values=duel_distances(name),
        )
        for name in ("pistol", "smg", "rifle", "sniper")
    ),
    Measure(
        name="rifle_speed_u_s",
        label="speed when shooting a rifle",
        group="duels",
        one="shot near damage",
        unit="u/s",
        values=rifle_speeds,
    ),
    Measure(
        name="rifle_slow_shots",
        label="rifle shots below 34 % of full speed",
        group="duels",
        one="shot near damage",
        statistic="share",
        values=slow_rifle_shots,
    ),
    Measure(
        name="time_to_damage_ms", label="time to damage", group="duels", one="duel", unit="ms", values=times_to_damage
    ),
    Measure(
        name="sight_distance_u",
        label="distance at first sight",
        group="duels",
        one="duel",
        unit="u",
        values=sight_distances,
    ),
    Measure(name="shots_per_round", label="shots per round", group="duels", one="round", values=shots_per_round),
    Measure(name="shots_per_kill", label="shots per kill", group="duels", one="match", values=shots_per_kill),
    Measure(name="hits_per_shot", label="hits per shot", group="duels", one="match", values=hits_per_shot),
    Measure(name="rifle_burst", label="rifle shots in a burst", group="duels", one="burst", values=rifle_bursts),
    Measure(
        name="rifle_damage",
        label="damage of a rifle's hit",
        group="duels",
        one="hit",
        unit="hp",
        values=damage_per_hit("rifle"),
    ),
    Measure(
        name="headshots",
        label="headshots of kills with guns",
        group="duels",
        one="kill",
        statistic="share",
        values=headshots(*GUNS),
    ),
    *(
        Measure(
            name=f"headshots_{name}",
            label=f"headshots of kills, {name}",
            group="duels",
            one="kill",
            statistic="share",
            values=headshots(name),
        )
        for name in ("pistol", "rifle")
    ),
    *(
        Measure(
            name=f"hits_{label}",
            label=label,
            group="where hits land",
            one="hit",
            statistic="share",
            values=hits_on(*hit_groups),
        )
        for label, hit_groups in HIT_GROUPS.items()
    ),
    *(
        Measure(
            name=f"kills_{name}",
            label=name,
            group="what kills",
            one="kill",
            statistic="share",
            values=kills_by(name),
        )
        for name in ("rifle", "pistol", "sniper", "smg", "grenade")
    ),
)
