"""What each game mode has: rounds, money, and how long a round lasts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec


class ModePolicy(msgspec.Struct, frozen=True):
    """What may be concluded from posts of one mode."""

    has_rounds: bool
    has_economy: bool
    round_time_s: float | None = None
    regulation_rounds: int | None = None


WITHOUT_ROUNDS: Final = ModePolicy(has_rounds=False, has_economy=False)
UNKNOWN_MODE: Final = ModePolicy(has_rounds=True, has_economy=False)
"""A mode we never heard of: its rounds count if it has any, its money says nothing we know."""

POLICIES: Final[Mapping[str, ModePolicy]] = MappingProxyType(
    {
        "competitive": ModePolicy(has_rounds=True, has_economy=True, round_time_s=115.0, regulation_rounds=24),
        "premier": ModePolicy(has_rounds=True, has_economy=True, round_time_s=115.0, regulation_rounds=24),
        "scrimcomp5v5": ModePolicy(has_rounds=True, has_economy=True, round_time_s=115.0, regulation_rounds=24),
        "scrimcomp2v2": ModePolicy(has_rounds=True, has_economy=True, round_time_s=90.0, regulation_rounds=16),
        "casual": ModePolicy(has_rounds=True, has_economy=False, round_time_s=135.0, regulation_rounds=15),
        "deathmatch": WITHOUT_ROUNDS,
        "gungameprogressive": WITHOUT_ROUNDS,
        "gungametrbomb": ModePolicy(has_rounds=True, has_economy=False),
        "retakes": ModePolicy(has_rounds=True, has_economy=False),
        "training": WITHOUT_ROUNDS,
        "survival": WITHOUT_ROUNDS,
        "coopmission": WITHOUT_ROUNDS,
        "cooperative": WITHOUT_ROUNDS,
    }
)


def policy_of(mode: str) -> ModePolicy:
    """The policy of `mode`."""
    return POLICIES.get(mode, UNKNOWN_MODE)
