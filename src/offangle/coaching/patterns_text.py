"""Findings in sentences: strengths, weaknesses and what to try, each with its rounds and its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from offangle.analysis.patterns.findings import MIN_ROUNDS
from offangle.analysis.patterns.rounds import ALL
from offangle.analysis.patterns.situations import LOWER_IS_BETTER, SITUATIONS_BY_NAME
from offangle.analysis.patterns.weapons import MIN_ROUNDS_USED
from offangle.core.maps import map_title
from offangle.core.weapons import WEAPONS

Kind = Literal["strength", "weakness", "try"]

SIDE_WORDS: Final = {"t": "T", "ct": "CT"}
BUY_WORDS: Final = {
    "eco": "an eco (below $1000)",
    "semi_eco": "a semi-eco ($1000 to $2499)",
    "semi_buy": "a semi-buy ($2500 to $3999)",
    "full": "a full buy ($4000 and more)",
}
OUTCOME_WORDS: Final = {"won": "after a won round", "lost": "after a lost round"}
OPENING_WORDS: Final = {
    "kill": "after your opening kill",
    "death": "after your opening death",
    "none": "without an opening duel of yours",
}
MEASURE_WORDS: Final = {
    "won": "you win {value} of the rounds",
    "died": "you die in {value} of the rounds",
    "opening_won": "you win {value} of your opening duels",
    "kills": "you get {value} kills per round",
    "weapon_kills": "you get {value} of your gun kills",
}
ADVICE: Final[Mapping[str, str]] = {
    "won": "Watch the lost rounds among these for what they have in common.",
    "died": "Look at where and when you die in these rounds before you take the next first contact there.",
    "opening_won": "Take first contact here with a team-mate close enough to trade, or leave it to somebody else.",
    "kills": "Compare your positions in these rounds with those in which you get your kills.",
    "weapon_kills": "Consider another gun for this money, or another way of playing this one.",
}
CHANCES: Final = (1000, 500, 200, 100, 50, 20, 10)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement and what it rests on.

    Attributes:
        kind: A strength, a weakness, or something to try.
        text: The sentence, with count and interval.
        links: match_id and round_number of every round it rests on.
    """

    kind: Kind
    text: str
    links: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class PatternsText:
    """The written answer to a player's patterns; `empty` says why a part has nothing, instead of nothing."""

    strengths: tuple[Sentence, ...]
    weaknesses: tuple[Sentence, ...]
    to_try: tuple[Sentence, ...]
    empty: tuple[str, ...]


def describe_patterns(findings: pl.DataFrame, rounds: pl.DataFrame, effectiveness: pl.DataFrame) -> PatternsText:
    """Put one player's findings into words.

    What is true of everyone (losing with less equipment, winning after the first kill) is no strength or weakness and
    is left out.

    Args:
        findings: As `find_patterns` gives them.
        rounds: The player's `pattern_rounds`.
        effectiveness: The player's `weapon_effectiveness`, for what is wanting.
    """
    own = [row for row in findings.iter_rows(named=True) if not row["is_commonplace"]]
    strengths = tuple(_sentence(row, "strength") for row in own if is_good(row))
    weaknesses = tuple(_sentence(row, "weakness") for row in own if not is_good(row))
    to_try = tuple(_advice(row) for row in own if not is_good(row))
    empty = (*_empty_states(strengths, weaknesses, rounds), *wanting_rounds(effectiveness))
    return PatternsText(strengths, weaknesses, to_try, empty)


def is_good(finding: Mapping[str, Any]) -> bool:
    """Whether a finding speaks for the player."""
    return bool(finding["effect"] > 0) != (finding["measure"] in LOWER_IS_BETTER)


def finding_text(finding: Mapping[str, Any]) -> str:
    """A finding as one sentence: where, what, how much, against what, how sure, on how many rounds."""
    measure = finding["measure"]
    what = MEASURE_WORDS[measure].format(value=_value(finding["value"], measure))
    low, high = _value(finding["value_low"], measure), _value(finding["value_high"], measure)
    text = f"{where(finding)} {what} (95 % interval {low} to {high}, {_rounds(finding['rounds'])}), "
    return f"{text}{_against(finding)}."


def chance_text(q_value: float) -> str:
    """How many of the findings that are as sure as this one come by chance, in round numbers."""
    count = next((count for count in CHANCES if q_value < 1 / count), None)
    return (
        "up to 1 in 10 such findings are chance"
        if count is None
        else f"fewer than 1 in {count} such findings are chance"
    )


def where(finding: Mapping[str, Any]) -> str:
    """The situation in words, as the beginning of a sentence."""
    parts = [
        f"on {map_title(finding['map_name'])}" if finding["map_name"] else "",
        f"as {SIDE_WORDS[finding['side']]}" if finding["side"] else "",
        f"with {BUY_WORDS[finding['buy']]}" if finding["buy"] else "",
        OUTCOME_WORDS.get(finding["previous_outcome"], ""),
        OPENING_WORDS.get(finding["opening"], ""),
        f"with the {weapon_words(finding['weapon'])}" if finding["weapon"] else "",
    ]
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


def weapon_words(name: str) -> str:
    """What people call a weapon; its own name where no list knows it."""
    return WEAPONS[name].display_name if name in WEAPONS else name


def wanting_rounds(effectiveness: pl.DataFrame) -> tuple[str, ...]:
    """For each gun over all maps that has too few rounds: how many more are needed for a score."""
    short = effectiveness.filter((pl.col("map_name") == ALL) & (pl.col("more_rounds") > 0) & (pl.col("kills") > 0))
    return tuple(
        f"{weapon_words(row['weapon'])}: {_more(row['more_rounds'])} with this weapon needed for a score "
        f"({row['rounds_used']} of {MIN_ROUNDS_USED})."
        for row in short.sort("more_rounds", "weapon").iter_rows(named=True)
    )


def _sentence(finding: Mapping[str, Any], kind: Kind) -> Sentence:
    return Sentence(kind, finding_text(finding), _links(finding))


def _advice(finding: Mapping[str, Any]) -> Sentence:
    text = f"{where(finding)}: {ADVICE[finding['measure']]} It rests on {_rounds(finding['rounds'])}; "
    low, high = _value(finding["value_low"], finding["measure"]), _value(finding["value_high"], finding["measure"])
    return Sentence("try", text + f"the figure lies between {low} and {high} (95 %).", _links(finding))


def _against(finding: Mapping[str, Any]) -> str:
    baseline = _value(finding["baseline"], finding["measure"])
    if finding["measure"] == "weapon_kills":
        return f"in hand {'only ' if finding['effect'] > 0 else ''}{baseline} of the time"
    return f"against {baseline} in {SITUATIONS_BY_NAME[finding['situation']].compared_with}"


def _links(finding: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple((link["match_id"], link["round_number"]) for link in finding["links"])


def _empty_states(
    strengths: tuple[Sentence, ...], weaknesses: tuple[Sentence, ...], rounds: pl.DataFrame
) -> tuple[str, ...]:
    if rounds.is_empty():
        return ("No rounds yet: import a demo, or play with live data switched on.",)
    missing = MIN_ROUNDS - rounds.height
    if missing > 0:
        return (f"{_more(missing)} needed before a pattern can be looked for ({rounds.height} of {MIN_ROUNDS}).",)
    played = f"{_rounds(rounds.height)} in {_matches(rounds['match_id'].n_unique())}"
    parts = (("strength", strengths), ("weakness", weaknesses))
    return tuple(f"No {name} stands out from chance in {played}." for name, found in parts if not found)


def _value(value: float, measure: str) -> str:
    return f"{value:.2f}" if measure == "kills" else f"{100 * value:.0f} %"


def _rounds(count: int) -> str:
    return f"{count} round" if count == 1 else f"{count} rounds"


def _matches(count: int) -> str:
    return f"{count} match" if count == 1 else f"{count} matches"


def _more(count: int) -> str:
    return f"{count} more round" if count == 1 else f"{count} more rounds"
