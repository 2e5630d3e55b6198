"""The format's words and what they are called here."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from offangle.core import terms
from offangle.core.errors import BadInputError
from offangle.core.weapons import ALIASES, WEAPONS

TEAMS: Final[Mapping[str, str]] = {"teamA": "a", "teamB": "b"}

SIDES: Final[Mapping[str, str]] = {"t": "t", "ct": "ct"}

END_REASONS: Final[Mapping[str, str]] = {
    "t_win": "elimination",
    "ct_win": "elimination",
    "target_bombed": "bomb_exploded",
    "bomb_defused": "bomb_defused",
    "time_ran_out": "time_expired",
}

GRENADE_KINDS: Final[Mapping[str, str]] = {
    "smoke": "smoke",
    "flashbang": "flash",
    "hegrenade": "he",
    "molotov": "molotov",
    "incendiary": "incendiary",
    "decoy": "decoy",
}

BOMB_EVENTS: Final[Mapping[str, str]] = {
    "plant_begin": "plant_begin",
    "planted": "planted",
    "defuse_begin": "defuse_begin",
    "defused": "defused",
    "exploded": "exploded",
    "dropped": "dropped",
    "picked_up": "picked_up",
}

SITES: Final[Mapping[str, str]] = {"a": "a", "b": "b"}

SITE_EVENTS: Final = ("plant_begin", "planted", "defuse_begin", "defused", "exploded")
"""Events that happen at a site; for a dropped bomb the format tells only which site is near."""

HIT_GROUPS: Final[Mapping[str, str]] = {name: name for name in terms.HIT_GROUPS}

ITEM_NAMES: Final[Mapping[str, str]] = {known.display_name: known.name for known in WEAPONS.values()}
"""The economy rows' shop names; an unknown one is kept as it stands, never dropped."""

KNIFE_NAMES: Final[Mapping[str, str]] = {
    "bowie_knife": "knife_survival_bowie",
    "butterfly_knife": "knife_butterfly",
    "classic_knife": "knife_css",
    "falchion_knife": "knife_falchion",
    "flip_knife": "knife_flip",
    "gut_knife": "knife_gut",
    "huntsman_knife": "knife_tactical",
    "karambit": "knife_karambit",
    "kukri_knife": "knife_kukri",
    "m9_bayonet": "knife_m9_bayonet",
    "navaja_knife": "knife_gypsy_jackknife",
    "nomad_knife": "knife_outdoor",
    "paracord_knife": "knife_cord",
    "shadow_daggers": "knife_push",
    "skeleton_knife": "knife_skeleton",
    "stiletto_knife": "knife_stiletto",
    "survival_knife": "knife_canis",
    "talon_knife": "knife_widowmaker",
    "ursus_knife": "knife_ursus",
}
"""The replay's knives by their display names; events name the same knives by their item names."""


def weapon(column: str) -> pl.Expr:
    """The weapon's own name: without `weapon_`, the bomb as `c4`, nothing as `world`."""
    plain = pl.col(column).str.to_lowercase().str.strip_prefix("weapon_")
    return plain.replace(ALIASES).replace(KNIFE_NAMES).alias(column)


def translated(frame: pl.DataFrame, column: str, words: Mapping[str, str], *, where: str) -> pl.DataFrame:
    """`frame` with the format's words of `column` replaced by ours; nulls stay.

    Args:
        frame: Rows with a string column `column`.
        column: The column.
        words: The format's word -> ours.
        where: File and wire field, for the message.

    Raises:
        BadInputError: A word is not one of the format's.
    """
    known = pl.Series(list(words), dtype=pl.String)
    strange = frame.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known.implode()))
    if not strange.is_empty():
        word = strange.item(0, column)
        raise BadInputError(f"{where}: {word[:80]!r} is not one of {', '.join(words)}")
    return frame.with_columns(pl.col(column).replace_strict(words, return_dtype=pl.String))
