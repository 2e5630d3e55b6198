"""Where a match's own tables contradict each other: sides, winners, weapons; and what was corrected for it.

Each function gives lines for Checks, the faults apart from what is explained.
"""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from offangle.analysis.rounds import side_of
from offangle.core.weapons import WEAPONS, weapon_class
from offangle.frames.collection import MatchFrames

REASON_WINNERS: Final = {
    "bomb_exploded": "t",
    "bomb_defused": "ct",
    "time_expired": "ct",
    "hostages_rescued": "ct",
    "hostages_not_rescued": "t",
}
"""Reasons of a round's end that only one side wins by."""

SIGN_WORDS: Final = {"defused": "defused the bomb", "exploded": "had its bomb explode", "left_alive": "was left alive"}


@dataclass(frozen=True, slots=True)
class Contradictions:
    """What was found.

    Attributes:
        compared: How many rounds, or hits and kills, could be compared.
        faults: One line per contradiction that nobody can explain.
        explained: One line per contradiction that was settled, and how; hits of one pair of weapons share a line.
        corrected: How many rounds, or hits, were corrected.
    """

    compared: int
    faults: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    corrected: int = 0


def contradicted_sides(frames: MatchFrames, evidence: pl.DataFrame) -> Contradictions:
    """Rounds whose plants, defuses, kits and weapons are those of the other side, and rounds corrected for it.

    Args:
        frames: The match.
        evidence: As `round_evidence` gives it for `frames`.
    """
    told = evidence.filter(pl.col("sides") != "unknown")
    against = told.filter(pl.col("sides") != "right").select(
        "round_number", "sides", "deeds_for", "deeds_against", "shop_for", "shop_against"
    )
    faults = [
        f"round {number}: {'everything' if sides == 'inverted' else 'something'} says that T and CT are the wrong way"
        f" round (plants, defuses, kits: {deeds} as recorded, {not_deeds} against; weapons: {shop}, {not_shop} against)"
        for number, sides, deeds, not_deeds, shop, not_shop in against.rows()
    ]
    corrected = _corrected(frames, "team_a_side").join(evidence, on="round_number", how="left")
    explained = [
        f"round {number}: T and CT were the wrong way round in the source ({deeds} plants, defuses and kits and"
        f" {shop} weapons say so); taken from the events"
        for number, deeds, shop in corrected.select("round_number", "deeds_for", "shop_for").rows()
    ]
    return Contradictions(told.height, faults, explained, corrected.height)


def contradicted_winners(frames: MatchFrames, evidence: pl.DataFrame) -> Contradictions:
    """Rounds that another side won by the events or by the reason of the end than by the source, and corrected ones.

    A source that names a side and a team that do not belong together is at fault, also where the events tell which of
    the two it was.
    """
    rounds = frames.counted("rounds").join(evidence, on="round_number", how="left").sort("round_number")
    names = ("round_number", "winner_side", "winner", "winner_sign")
    by_events = rounds.filter(pl.col("winner_side") != pl.col("winner")).select(names).rows()
    faults = [
        f"round {number}: {stated.upper()} won by the source, but {told.upper()} {SIGN_WORDS[sign]}"
        for number, stated, told, sign in by_events
    ]
    faults += [
        f"round {number}: {side.upper()} won, and it ended by {reason.replace('_', ' ')}"
        for number, side, reason in _against_reason(rounds).rows()
    ]
    faults += [
        f"round {number}: team {team.upper()} won, and not the side it played"
        for number, team in _against_team(rounds).rows()
    ]
    itself, settled = _corrected_winners(frames)
    compared = rounds.filter(pl.col("winner_side").is_not_null() & pl.col("winner").is_not_null()).height
    return Contradictions(compared, [*faults, *itself], settled, len(itself) + len(settled))


def contradicted_weapons(frames: MatchFrames) -> Contradictions:
    """Kills and shots that were made with another weapon than the hits they belong to, and hits that were corrected.

    A kill belongs to the hit of the same tick, attacker and victim; a gun's hit to the attacker's last shot of a gun
    before it.
    """
    kills, hits = _killing_hits(frames), _shot_hits(frames)
    pairs = pl.concat([kills, hits]).filter(pl.col("weapon") != pl.col("other"))
    counted = pairs.group_by("what", "weapon", "other").len().sort("what", "weapon", "other").rows()
    faults = [f"{_hits(number)} with {weapon}, {what} {other}" for what, weapon, other, number in counted]
    held = frames["corrections"].filter(pl.col("reason") == "held_weapon").sort("number")
    explained = [
        f"{_hits(number)} with {taken}, booked to {stated} in the source"
        for number, stated, taken in held.select("rows", "stated", "taken").rows()
    ]
    return Contradictions(kills.height + hits.height, faults, explained, int(held["rows"].sum()))


def _hits(number: int) -> str:
    return "1 hit" if number == 1 else f"{number} hits"


def _corrected(frames: MatchFrames, column: str) -> pl.DataFrame:
    of_column = (pl.col("table") == "rounds") & (pl.col("column") == column) & (pl.col("round_number") > 0)
    return frames["corrections"].filter(of_column).sort("number")


def _against_reason(rounds: pl.DataFrame) -> pl.DataFrame:
    wins = pl.col("reason").cast(pl.String).replace_strict(REASON_WINNERS, default=None, return_dtype=pl.String)
    return rounds.filter(wins != pl.col("winner_side").cast(pl.String)).select("round_number", "winner_side", "reason")


def _against_team(rounds: pl.DataFrame) -> pl.DataFrame:
    return rounds.filter(pl.col("winner_side") != side_of(pl.col("winner_team"))).select("round_number", "winner_team")


def _corrected_winners(frames: MatchFrames) -> tuple[list[str], list[str]]:
    """Lines of rounds whose source contradicts itself, and of those it has wrong throughout."""
    both = pl.concat([_corrected(frames, "winner_team"), _corrected(frames, "winner_side")])
    rounds = both.group_by("round_number", "reason").agg("stated", "taken").sort("round_number")
    lines: dict[str, list[str]] = {"self_contradiction": [], "events": []}
    for number, reason, stated, taken in rounds.rows():
        said = ", ".join(_named(value) for value in stated)
        now = ", ".join(_named(value) for value in taken)
        why = "the source's side and team contradict each other" if reason == "self_contradiction" else "by the events"
        lines[reason].append(f"round {number}: won by {said} in the source, taken as {now}: {why}")
    return lines["self_contradiction"], lines["events"]


def _named(winner: str | None) -> str:
    """A side or a team as people read it."""
    if winner is None:
        return "unknown"
    return f"team {winner.upper()}" if len(winner) == 1 and winner != "t" else winner.upper()


def _killing_hits(frames: MatchFrames) -> pl.DataFrame:
    """Kills with the hit they are made of: what, weapon (of the hit), other (of the kill)."""
    key = ["round_number", "tick", "attacker_steam_id", "victim_steam_id"]
    hits = frames.counted("damages").select(*key, "weapon").unique().unique(key, keep="none")
    kills = frames.counted("kills").select(*key, other="weapon")
    return kills.join(hits, on=key).select(pl.lit("killed with").alias("what"), "weapon", "other")


def _shot_hits(frames: MatchFrames) -> pl.DataFrame:
    """Hits by guns with the attacker's last shot of a gun before: what, weapon (of the hit), other (of the shot)."""
    by = ["round_number", "attacker_steam_id"]
    shots = frames.counted("shots").select("tick", *_renamed(by), other="weapon")
    hits = frames.counted("damages").select("tick", *by, "weapon").drop_nulls("attacker_steam_id")
    found = (
        hits.filter(_is_gun(hits, "weapon"))
        .sort("tick", maintain_order=True)
        .join_asof(
            shots.filter(_is_gun(shots, "other")).sort("tick", maintain_order=True),
            on="tick",
            by=by,
            check_sortedness=False,  # sorted just above; polars cannot see it through `by`
        )
    )
    return found.drop_nulls("other").select(pl.lit("last fired with").alias("what"), "weapon", "other")


def _renamed(by: list[str]) -> list[pl.Expr]:
    return [pl.col(by[0]), pl.col("steam_id").alias(by[1])]


def _is_gun(frame: pl.DataFrame, column: str) -> pl.Expr:
    guns = [word for word in frame.get_column(column).unique().to_list() if _fires(word)]
    return pl.col(column).is_in(guns)


def _fires(weapon: str) -> bool:
    known = WEAPONS.get(weapon)
    return known is not None and known.clip_size is not None and weapon_class(weapon) != "melee"
