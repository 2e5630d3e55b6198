"""Closed vocabularies of a match: each value is written here and nowhere else."""

from typing import Final

ROUND_KINDS: Final = ("regular", "overtime", "knife", "warmup", "restored", "aborted")
"""Only `regular` and `overtime` rounds count; the others are kept, flagged and excluded (DEFINITIONS, Counting)."""

COUNTED_ROUND_KINDS: Final = ("regular", "overtime")

END_REASONS: Final = (
    "bomb_exploded",
    "bomb_defused",
    "elimination",
    "time_expired",
    "hostages_rescued",
    "hostages_not_rescued",
    "surrender",
    "draw",
    "unknown",
)
"""Why a round ended; together with the winner's side each of the game's own reasons has one name here."""

HIT_GROUPS: Final = (
    "generic",
    "head",
    "chest",
    "stomach",
    "left_arm",
    "right_arm",
    "left_leg",
    "right_leg",
    "neck",
    "gear",
)

GRENADE_KINDS: Final = ("smoke", "flash", "he", "molotov", "incendiary", "decoy")

BOMB_EVENTS: Final = (
    "picked_up",
    "dropped",
    "plant_begin",
    "plant_abort",
    "planted",
    "defuse_begin",
    "defuse_abort",
    "defused",
    "exploded",
)

BOMB_SITES: Final = ("a", "b")

ITEM_ACTIONS: Final = ("purchase", "pickup", "drop", "refund")

PLAYER_BUYS: Final = ("eco", "semi_eco", "semi_buy", "full")
"""A player's buy class by equipment value at freeze end (DEFINITIONS, Economy: per player)."""

TEAM_BUYS: Final = ("pistol", "eco", "force", "semi", "full", "overtime")
"""A team's buy class (DEFINITIONS, Economy: per team)."""

SOURCES: Final = ("demo", "cs2_demo_format", "gsi", "simulator")

WORLD_WEAPON: Final = "world"
"""The weapon of a death by fall, trigger or an unnamed cause; the bomb's is `c4`."""

CORRECTION_REASONS: Final = ("events", "self_contradiction", "held_weapon")
"""Why a value is not the source's: the events agree against it; it contradicts another of the source's own, and the
events, or else the score, decide; a hit was booked to another weapon than the one it was dealt with."""
