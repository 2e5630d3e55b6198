"""Which deaths are kills, and for whom they count."""

from typing import Final

import polars as pl

from offangle.core.terms import WORLD_WEAPON
from offangle.frames.collection import MatchFrames

BOMB_WEAPONS: Final = ("c4", "planted_c4")
NOT_KILLING: Final = (*BOMB_WEAPONS, WORLD_WEAPON)
"""Deaths by the bomb or the world are nobody's kill, whomever the event names."""

ROUND_AND_PLAYER: Final = ("round_number", "steam_id")


def mark_kills(frames: MatchFrames, rounds: pl.DataFrame) -> pl.DataFrame:
    """The counted rounds' deaths in order of time, each marked with what it is.

    Args:
        frames: The match.
        rounds: As `counted_rounds` gives them.

    Returns:
        The columns of `kills`, missing sides filled from `player_rounds`, and
        `kill_id` (position in time; rows of one tick keep the source's order), `decision_tick`, `is_late` (after the
        decision), `is_enemy_kill`, `is_team_kill`, `is_own_body` (not a bot's under control), `is_disconnect`,
        `counts_for_attacker` (an enemy killed, not while controlling a bot), `counts_for_victim` (a death: of the own
        body, not by leaving the server) and `is_assist`.
    """
    kills = frames.counted("kills").sort("round_number", "tick", maintain_order=True).with_row_index("kill_id")
    for role in ("attacker", "victim", "assister"):
        kills = fill_side(kills, frames["player_rounds"], role)
    kills = kills.join(rounds.select("round_number", "decision_tick"), on="round_number", how="left")
    kills = kills.join(_left_after(rounds, frames["player_rounds"]), on=["round_number", "victim_steam_id"], how="left")
    return (
        kills.with_columns(
            pl.col("is_attacker_controlling_bot", "is_victim_controlling_bot").fill_null(value=False),
            is_late=(pl.col("tick") > pl.col("decision_tick")).fill_null(value=False),
            is_enemy_kill=_by_another() & (pl.col("attacker_side") != pl.col("victim_side")).fill_null(value=False),
            is_team_kill=_by_another() & (pl.col("attacker_side") == pl.col("victim_side")).fill_null(value=False),
        )
        .with_columns(
            counts_for_attacker=pl.col("is_enemy_kill") & ~pl.col("is_attacker_controlling_bot"),
            is_own_body=~pl.col("is_victim_controlling_bot"),
            is_disconnect=_is_disconnect(),
            is_assist=pl.col("is_enemy_kill")
            & (pl.col("assister_steam_id") != pl.col("attacker_steam_id")).fill_null(value=False)
            & (pl.col("assister_side") == pl.col("attacker_side")).fill_null(value=False),
        )
        .with_columns(counts_for_victim=pl.col("is_own_body") & ~pl.col("is_disconnect"))
    )


def _left_after(rounds: pl.DataFrame, player_rounds: pl.DataFrame) -> pl.DataFrame:
    """Players who are in a counted round and not in the next: round_number, victim_steam_id, leaves_after."""
    following = rounds.select("round_number", next_round=pl.col("round_number").shift(-1)).drop_nulls()
    here = player_rounds.select("round_number", victim_steam_id="steam_id")
    stays = here.rename({"round_number": "next_round"})
    left = here.join(following, on="round_number").join(stays, on=["next_round", "victim_steam_id"], how="anti")
    return left.select("round_number", "victim_steam_id", leaves_after=True)


def _is_disconnect() -> pl.Expr:
    """The game writes leaving the server as a death by oneself and the world, like the console's `kill`.

    Where the source does not tell the two apart, whoever is not there in the next round has left.
    """
    by_own_hand = (pl.col("attacker_steam_id") == pl.col("victim_steam_id")).fill_null(value=False)
    guessed = by_own_hand & pl.col("leaves_after").fill_null(value=False)
    return (pl.col("weapon") == WORLD_WEAPON) & pl.coalesce("is_victim_leaving", guessed)


def fill_side(events: pl.DataFrame, player_rounds: pl.DataFrame, role: str) -> pl.DataFrame:
    """Complete `<role>_side` where the event does not tell, from the side the player was on in that round."""
    known = player_rounds.select("round_number", pl.col("steam_id").alias(f"{role}_steam_id"), roster_side="side")
    filled = events.join(
        known, on=("round_number", f"{role}_steam_id"), how="left", maintain_order="left"
    ).with_columns(pl.coalesce(f"{role}_side", "roster_side").alias(f"{role}_side"))
    return filled.drop("roster_side")


def _by_another() -> pl.Expr:
    """Killed by another player: not by oneself, the bomb or the world."""
    other = (pl.col("attacker_steam_id") != pl.col("victim_steam_id")).fill_null(value=False)
    return other & ~pl.col("weapon").is_in(NOT_KILLING)


def kills_per_round(kills: pl.DataFrame) -> pl.DataFrame:
    """Per round and attacker: `kills`, `headshot_kills`, `team_kills`, `bot_kills` (made while controlling a bot)."""
    counts = pl.col("counts_for_attacker")
    return (
        kills.filter(pl.col("is_enemy_kill") | pl.col("is_team_kill"))
        .group_by("round_number", pl.col("attacker_steam_id").alias("steam_id"))
        .agg(
            kills=counts.sum(),
            headshot_kills=(counts & pl.col("is_headshot")).sum(),
            team_kills=pl.col("is_team_kill").sum(),
            bot_kills=(pl.col("is_enemy_kill") & ~counts).sum(),
        )
    )


def deaths_per_round(kills: pl.DataFrame) -> pl.DataFrame:
    """Per round and victim: `deaths` and `bot_deaths` (died while controlling a bot)."""
    return kills.group_by("round_number", pl.col("victim_steam_id").alias("steam_id")).agg(
        deaths=pl.col("counts_for_victim").sum(), bot_deaths=(~pl.col("is_own_body")).sum()
    )


def assists_per_round(kills: pl.DataFrame) -> pl.DataFrame:
    """Per round and assister: `assists`, and of them `flash_assists`."""
    return (
        kills.filter("is_assist")
        .group_by("round_number", pl.col("assister_steam_id").alias("steam_id"))
        .agg(assists=pl.len(), flash_assists=pl.col("is_flash_assist").sum())
    )
