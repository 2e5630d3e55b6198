"""The rules of a match: rounds, timers and money, in the game's own numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offangle.core.sides import Side
from offangle_sim.order import GameMode
from offangle_sim.server.setup import TICK_RATE

START_MONEY: Final = 800
OVERTIME_MONEY: Final = 10_000
LOSS_BONUS: Final = (1400, 1900, 2400, 2900, 3400)
"""Paid to each player of the losing team by how many rounds it has lost in a row; a win takes one off."""
FIRST_LOSS: Final = 1
"""The counter that every half starts with: who loses the pistol round gets the second step."""
WIN_MONEY: Final[Mapping[str, int]] = {
    "elimination": 3250,
    "time_expired": 3250,
    "bomb_exploded": 3500,
    "bomb_defused": 3500,
    "surrender": 0,
}
PLANT_BONUS: Final = 800
"""To every T after a lost round in which the bomb was planted."""
PLANTER_BONUS: Final = 300
DEFUSER_BONUS: Final = 300
CT_TEAM_KILL_BONUS: Final = 50
"""To every CT for each T that a CT kills."""
TEAM_KILL_PENALTY: Final = 300
PLANT_S: Final = 3.2
DEFUSE_S: Final = 10.0
KIT_DEFUSE_S: Final = 5.0
BOMB_S: Final = 40.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a mode fixes.

    Attributes:
        max_rounds: Rounds of regulation.
        overtime_rounds: Rounds of one overtime.
        freeze_s: Time to buy before a round.
        round_s: Time to plant.
        post_s: Between the decision and the next round.
        half_time_s: Pause between the halves, on top of `post_s`.
        buy_s: How long after freeze end one may buy.
        per_team: Players of a team.
        has_overtime: A draw is played out.
    """

    max_rounds: int = 24
    overtime_rounds: int = 6
    freeze_s: float = 15.0
    round_s: float = 115.0
    post_s: float = 7.0
    half_time_s: float = 8.0
    buy_s: float = 20.0
    per_team: int = 5
    has_overtime: bool = True


RULES: Final[Mapping[GameMode, Rules]] = {
    "competitive": Rules(),
    "wingman": Rules(max_rounds=16, freeze_s=10.0, round_s=90.0, per_team=2, has_overtime=False),
    "deathmatch": Rules(freeze_s=0.0, round_s=600.0, has_overtime=False),
}


def ticks(seconds: float) -> int:
    """A time in ticks."""
    return round(seconds * TICK_RATE)


@dataclass(slots=True)
class LossCount:
    """How many rounds each side has lost in a row, as the game counts it for money."""

    t: int = FIRST_LOSS
    ct: int = FIRST_LOSS

    def after(self, winner: Side) -> None:
        """A round is over."""
        last = len(LOSS_BONUS) - 1
        if winner == "t":
            self.t, self.ct = max(0, self.t - 1), min(last, self.ct + 1)
        else:
            self.ct, self.t = max(0, self.ct - 1), min(last, self.t + 1)

    def bonus(self, loser: Side) -> int:
        """What a losing side gets per player for the round that it just lost, before `after`."""
        return LOSS_BONUS[self.t if loser == "t" else self.ct]

    def switch(self) -> None:
        """A new half: both start again."""
        self.t = self.ct = FIRST_LOSS
