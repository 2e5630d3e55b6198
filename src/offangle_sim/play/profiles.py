"""How good an agent is, and how he likes to play."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

Role = Literal["entry", "rifle", "awp", "support", "lurk"]
ROLES: Final[tuple[Role, ...]] = ("entry", "awp", "support", "rifle", "lurk")
"""Of the five of a team, in order of their slots."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One agent's habits.

    Attributes:
        skill: From 0 (plays for fun) to 1 (plays for a living); the others follow from it, with a person's own touch.
        role: His part in the team.
        reaction_s: From first sight to the hand's first movement, median.
        aim_error_deg: How far off the crosshair lands at the first correction of a flick.
        steadiness: Share of recoil that the hand takes back.
        head_share: How often he aims at the head.
        stop_share: How often he stops before he shoots.
        utility_share: How much of what he could throw he buys and throws.
        discipline: How well he keeps to the team's plan for the money.
        nerve: How readily he takes a fight; 0.5 is even.
    """

    skill: float
    role: Role
    reaction_s: float
    aim_error_deg: float
    steadiness: float
    head_share: float
    stop_share: float
    utility_share: float
    discipline: float
    nerve: float


def draw_profile(rng: np.random.Generator, level: float, role: Role) -> Profile:
    """A person around a level of skill."""
    skill = float(np.clip(rng.normal(level, 0.09), 0.05, 0.98))

    def around(worst: float, best: float, spread: float) -> float:
        return float((worst + (best - worst) * skill) * np.exp(rng.normal(0.0, spread)))

    def share(worst: float, best: float) -> float:
        return float(np.clip(rng.normal(worst + (best - worst) * skill, 0.06), 0.02, 0.98))

    return Profile(
        skill=skill,
        role=role,
        reaction_s=around(0.10, 0.05, 0.10),
        aim_error_deg=around(4.4, 2.0, 0.12),
        steadiness=share(0.40, 0.80),
        head_share=share(0.05, 0.30),
        stop_share=share(0.55, 0.97),
        utility_share=share(0.65, 0.97),
        discipline=share(0.5, 0.95),
        nerve=share(0.45, 0.55),
    )
