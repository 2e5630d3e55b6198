"""Grenades and ways."""

from functools import lru_cache
from typing import Final

import polars as pl

from distributions.match import Played
from distributions.measure import Compute, Measure, Values, numbers, share_of, total

REPLAY_HZ: Final = 8
"""Real matches have positions of everybody at this rate; others are thinned to it."""
STATIONARY_BELOW_U_S: Final = 10.0
"""Whole units at 8 Hz tell no slower speed from standing."""
FASTEST_U_S: Final = 420.0
"""Faster than anybody falls sideways: the player was put somewhere else."""


def thrown(*kinds: str) -> Compute:
    """Per match so many grenades of these kinds per player and round."""

    def compute(match: Played) -> Values:
        grenades = match.frames.counted("grenades").filter(pl.col("kind").is_in(list(kinds)))
        return share_of(grenades.height, match.player_rounds.height) if match.frames.has("grenades") else []

    return compute


def throw_times(*kinds: str) -> Compute:
    def compute(match: Played) -> Values:
        grenades = match.frames.counted("grenades").filter(pl.col("kind").is_in(list(kinds)))
        return numbers(match.in_play(grenades, "throw_tick")["seconds"])

    return compute


def damage_of(weapons: tuple[str, ...], kinds: tuple[str, ...]) -> Compute:
    """Per match the damage to enemies by grenades thrown."""

    def compute(match: Played) -> Values:
        damages = match.context.damages.filter("is_enemy", pl.col("weapon").is_in(weapons))
        grenades = match.frames.counted("grenades").filter(pl.col("kind").is_in(list(kinds)))
        return share_of(total(damages["health_damage"]), grenades.height)

    return compute


def enemy_blinds(match: Played) -> pl.DataFrame:
    return match.frames.counted("blinds").filter(pl.col("attacker_side") != pl.col("victim_side"))


def blind_times(match: Played) -> Values:
    return numbers(enemy_blinds(match)["duration_s"])


def blinded_per_flash(match: Played) -> Values:
    flashes = match.frames.counted("grenades").filter(pl.col("kind") == "flash").height
    return share_of(enemy_blinds(match).height, flashes) if match.frames.has("blinds") else []


@lru_cache(maxsize=1)
def movement(match: Played) -> pl.DataFrame:
    """Per player and round, alive and in play, at 8 Hz: `moved_u`, `stationary` share, `alive_s`."""
    who = ["round_number", "steam_id"]
    ticks = match.in_play(match.frames.counted("ticks").filter("is_alive").drop_nulls(["x", "y"]))
    step = round(match.tick_rate / REPLAY_HZ)
    since_first = pl.col("tick") - pl.col("tick").min().over("round_number")
    thinned = ticks.filter(since_first % step == 0).select(*who, "tick", pl.col("x", "y").round()).sort(*who, "tick")
    way = (pl.col("x").diff().over(who) ** 2 + pl.col("y").diff().over(who) ** 2).sqrt()
    steps = thinned.with_columns(way_u=way, ticks=pl.col("tick").diff().over(who)).filter(
        pl.col("ticks") == step, pl.col("way_u") * REPLAY_HZ < FASTEST_U_S
    )
    return steps.group_by(who, maintain_order=True).agg(
        moved_u=pl.col("way_u").sum(),
        stationary=(pl.col("way_u") * REPLAY_HZ < STATIONARY_BELOW_U_S).mean(),
        alive_s=pl.len() / REPLAY_HZ,
    )


def moved(column: pl.Expr) -> Compute:
    return lambda match: numbers(movement(match).select(column).to_series())


FIRE: Final = ("molotov", "incendiary")
THROWN: Final[dict[str, tuple[str, ...]]] = {
    "smokes": ("smoke",),
    "flashes": ("flash",),
    "HE grenades": ("he",),
    "molotovs": FIRE,
}

UTILITY: Final = (
    *(
        Measure(
            name=f"thrown_{label.replace(' ', '_').lower()}",
            label=f"{label} per player and round",
            group="utility and movement",
            one="match",
            values=thrown(*kinds),
        )
        for label, kinds in THROWN.items()
    ),
    *(
        Measure(
            name=f"{label.replace(' ', '_').lower()}_s",
            label=f"{label} thrown at",
            group="utility and movement",
            one="grenade",
            unit="s",
            values=throw_times(*kinds),
        )
        for label, kinds in THROWN.items()
    ),
    Measure(
        name="blind_s", label="enemy blind for", group="utility and movement", one="blind", unit="s", values=blind_times
    ),
    Measure(
        name="blinded_per_flash",
        label="enemies blinded per flash",
        group="utility and movement",
        one="match",
        values=blinded_per_flash,
    ),
    Measure(
        name="he_damage",
        label="damage per HE grenade",
        group="utility and movement",
        one="match",
        unit="hp",
        values=damage_of(("hegrenade",), ("he",)),
    ),
    Measure(
        name="fire_damage",
        label="damage per molotov",
        group="utility and movement",
        one="match",
        unit="hp",
        values=damage_of(("inferno", "molotov", "incgrenade"), FIRE),
    ),
    Measure(
        name="moved_u",
        label="way in a round",
        group="utility and movement",
        one="player and round",
        unit="u",
        values=moved(pl.col("moved_u")),
    ),
    Measure(
        name="speed_u_s",
        label="mean speed in a round",
        group="utility and movement",
        one="player and round",
        unit="u/s",
        values=moved(pl.col("moved_u") / pl.col("alive_s")),
    ),
    Measure(
        name="stationary",
        label="share of time standing",
        group="utility and movement",
        one="player and round",
        values=moved(pl.col("stationary")),
    ),
    Measure(
        name="alive_s",
        label="alive for",
        group="utility and movement",
        one="player and round",
        unit="s",
        values=moved(pl.col("alive_s")),
    ),
)
