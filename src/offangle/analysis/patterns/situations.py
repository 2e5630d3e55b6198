"""The situations in which patterns are looked for, as data: adding one is one entry."""

from dataclasses import dataclass, field
from typing import Final, Literal

Measure = Literal["won", "died", "opening_won", "kills", "weapon_kills"]

SHARES: Final[tuple[Measure, ...]] = ("won", "died", "opening_won")
"""Measures that a round has or has not; the others are counts."""

LOWER_IS_BETTER: Final[tuple[Measure, ...]] = ("died",)


@dataclass(frozen=True, slots=True)
class Situation:
    """Rounds that have something in common, and the rounds that they are compared with.

    Attributes:
        name: Its name in the table of findings.
        keys: Columns that name the situation; each combination of their values is one.
        within: Compared with the player's other rounds that agree in these columns. A match is always one of them:
            rounds of different matches differ by opponent and form, and a test across them would find that instead.
        measures: What is compared. Left out is what follows from the situation itself: who kills first has a kill.
        only: Values of keys that are looked at, where the other value is the same comparison the other way round.
        compared_with: The other rounds, in words.
        every_second: Only rounds with an even number are looked at. What a round follows on is itself a result, and of
            a fixed number of wins those not yet used up come after a loss: comparing all rounds of a match with the
            rounds before them finds a comeback where there is none. Rounds and rounds before them must not overlap.
        against_matches: The situation is a whole match; its matches are compared with the others, one value each.
    """

    name: str
    keys: tuple[str, ...]
    within: tuple[str, ...]
    measures: tuple[Measure, ...]
    compared_with: str
    only: dict[str, str] = field(default_factory=dict)
    every_second: bool = False
    against_matches: bool = False


USUAL: Final[tuple[Measure, ...]] = ("won", "died", "opening_won", "kills")

SITUATIONS: Final = (
    Situation("map", ("map_name",), (), ("won", "died", "kills"), "your matches on other maps", against_matches=True),
    Situation("side", ("side",), ("match_id",), USUAL, "your CT rounds of the same matches", {"side": "t"}),
    Situation(
        "map_side", ("map_name", "side"), ("match_id",), USUAL, "your CT rounds of the same matches", {"side": "t"}
    ),
    Situation(
        "buy", ("buy",), ("match_id", "side"), USUAL, "your rounds with other equipment on the same side and match"
    ),
    Situation(
        "side_buy",
        ("side", "buy"),
        ("match_id", "buy"),
        USUAL,
        "your CT rounds with the same buy in the same matches",
        {"side": "t"},
    ),
    Situation(
        "previous",
        ("previous_outcome",),
        ("match_id", "side", "buy"),
        USUAL,
        "your rounds on the same side with the same buy after a won round in the same matches, in even rounds",
        {"previous_outcome": "lost"},
        every_second=True,
    ),
    Situation(
        "previous_buy",
        ("previous_outcome", "buy"),
        ("match_id", "side", "buy"),
        USUAL,
        "your rounds on the same side with the same buy after a won round in the same matches, in even rounds",
        {"previous_outcome": "lost"},
        every_second=True,
    ),
    Situation("opening", ("opening",), ("match_id",), ("won",), "your other rounds of the same matches"),
    Situation("weapon", ("weapon",), ("match_id",), ("weapon_kills",), "its share of the time your guns are in hand"),
    Situation(
        "map_weapon",
        ("map_name", "weapon"),
        ("match_id",),
        ("weapon_kills",),
        "its share of the time your guns are in hand",
    ),
)
"""No comparison stands in this list twice: it would count twice against the false discovery rate."""

SITUATIONS_BY_NAME: Final = {situation.name: situation for situation in SITUATIONS}
