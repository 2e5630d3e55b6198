"""What all functions of this room start from, computed once per match."""

from dataclasses import dataclass

import polars as pl

from offangle.analysis.clutches import clutches, last_duels
from offangle.analysis.damage import mark_damages
from offangle.analysis.economy import player_economy
from offangle.analysis.kills import mark_kills
from offangle.analysis.openings import opening_duels
from offangle.analysis.roster import departures, participants
from offangle.analysis.rounds import counted_rounds
from offangle.analysis.trades import revenges, trade_opportunities
from offangle.frames.collection import MatchFrames


@dataclass(frozen=True, slots=True)
class Context:
    """The counted part of one match: events marked with what they are, and what follows from them."""

    frames: MatchFrames
    rounds: pl.DataFrame
    kills: pl.DataFrame
    damages: pl.DataFrame
    participants: pl.DataFrame
    departures: pl.DataFrame
    economy: pl.DataFrame
    revenges: pl.DataFrame
    trades: pl.DataFrame
    openings: pl.DataFrame
    clutches: pl.DataFrame
    last_duels: pl.DataFrame


def prepare(frames: MatchFrames) -> Context:
    """Mark the events of `frames` and find duels, trades, clutches and last duels."""
    rounds = counted_rounds(frames)
    kills = mark_kills(frames, rounds)
    damages = mark_damages(frames)
    took_part = participants(frames, rounds, kills, damages)
    left = departures(frames, rounds, kills)
    return Context(
        frames=frames,
        rounds=rounds,
        kills=kills,
        damages=damages,
        participants=took_part,
        departures=left,
        economy=player_economy(frames),
        revenges=revenges(kills, tick_rate=frames.tick_rate),
        trades=trade_opportunities(kills, damages, took_part, left, tick_rate=frames.tick_rate),
        openings=opening_duels(kills),
        clutches=clutches(kills, took_part, left, rounds),
        last_duels=last_duels(kills, took_part, left, rounds),
    )
