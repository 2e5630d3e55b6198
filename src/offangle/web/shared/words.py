"""The closed vocabularies as people say them."""

from collections.abc import Mapping
from typing import Final

from offangle.core.weapons import WEAPONS, canonical_weapon, weapon_class

REASONS: Final = {
    "bomb_exploded": "Bomb exploded",
    "bomb_defused": "Bomb defused",
    "elimination": "Elimination",
    "time_expired": "Time ran out",
    "hostages_rescued": "Hostages rescued",
    "hostages_not_rescued": "Hostages not rescued",
    "surrender": "Surrender",
    "draw": "Draw",
    "unknown": "Reason unknown",
}
REASON_ICONS: Final = {
    "hostages_rescued": "hostages",
    "hostages_not_rescued": "time_expired",
    "surrender": "flag",
    "draw": "unknown",
}
"""Only where the icon is not called like the reason."""

TEAM_BUYS: Final = {
    "pistol": "Pistol",
    "eco": "Eco",
    "force": "Force",
    "semi": "Semi",
    "full": "Full",
    "overtime": "Overtime",
}
PLAYER_BUYS: Final = {"eco": "Eco", "semi_eco": "Semi-eco", "semi_buy": "Semi-buy", "full": "Full buy"}
PLAYER_BUY_SIGNS: Final = {"eco": "E", "semi_eco": "S\N{MINUS SIGN}", "semi_buy": "S+", "full": "F"}
SOURCES: Final = {
    "demo": "CS2 demo",
    "cs2_demo_format": "Match archive (cs2-demo-format)",
    "gsi": "Live data",
    "simulator": "Simulated",
}
JOB_STATES: Final = {
    "queued": "Queued",
    "running": "Running",
    "retrying": "Waiting to try again",
    "done": "Done",
    "dead": "Failed",
    "cancelled": "Cancelled",
}
BOMB_EVENTS: Final = {
    "planted": "planted the bomb",
    "defused": "defused the bomb",
    "exploded": "The bomb exploded",
    "defuse_begin": "began to defuse",
    "defuse_abort": "stopped defusing",
}
LIVE_STATES: Final = {"live": "Live", "left": "Left", "finished": "Finished", "aborted": "Restarted"}

VOCABULARIES: Final[Mapping[str, Mapping[str, str]]] = {
    "reason": REASONS,
    "team_buy": TEAM_BUYS,
    "player_buy": PLAYER_BUYS,
    "player_buy_sign": PLAYER_BUY_SIGNS,
    "source": SOURCES,
    "job_state": JOB_STATES,
    "live_state": LIVE_STATES,
}


def weapon_title(name: str) -> str:
    """A weapon as people call it; every knife is one."""
    if weapon_class(name) == "melee":
        return "Knife"
    known = WEAPONS.get(canonical_weapon(name))
    return known.display_name if known else name.replace("_", " ")


def reason_icon(reason: str) -> str:
    """The icon of a reason."""
    return REASON_ICONS.get(reason, reason)
