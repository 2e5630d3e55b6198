"""Game events: their names, the type of each key, and how one is written."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from offangle_sim.demo import wire

TEXT, FLOAT, LONG, SHORT, BYTE, BOOL, UINT64, PAWN, SLOT = range(1, 10)
"""The types of keys as the format numbers them; `PAWN` is an entity handle, `SLOT` a player's slot."""

NO_PLAYER: Final = 65535
"""The slot of nobody."""

EventValue = str | float | int

_VALUE_FIELDS: Final = {LONG: 4, SHORT: 5, BYTE: 6, BOOL: 7, UINT64: 8, PAWN: 4, SLOT: 5}

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
_USER: Final = {"userid": SLOT}
_USER_PAWN: Final = {"userid": SLOT, "userid_pawn": PAWN}
_ATTACKER: Final = {"attacker": SLOT, "attacker_pawn": PAWN}
_PLACE: Final = {"x": FLOAT, "y": FLOAT, "z": FLOAT}
_GRENADE: Final = {**_USER_PAWN, "entityid": SHORT, **_PLACE}
_AREA: Final = {"entityid": SHORT, **_PLACE}
_AT_SITE: Final = {**_USER_PAWN, "site": SHORT}

EVENTS: Final[Mapping[str, Mapping[str, int]]] = {
    "hltv_versioninfo": {"version": LONG},
    "player_connect_full": _USER,
    "player_disconnect": {
        **_USER,
        "reason": SHORT,
        "name": TEXT,
        "networkid": TEXT,
        "xuid": UINT64,
        "PlayerID": SHORT,
    },
    "player_spawn": _USER_PAWN,
    "player_team": {**_USER_PAWN, "team": BYTE, "oldteam": BYTE, "disconnect": BOOL, "silent": BOOL, "isbot": BOOL},
    "bot_takeover": {**_USER, "botid": SLOT, "p": FLOAT, "y": FLOAT, "r": FLOAT},
    "player_hurt": {
        **_USER_PAWN,
        **_ATTACKER,
        **dict.fromkeys(("health", "armor"), BYTE),
        "weapon": TEXT,
        "dmg_health": SHORT,
        **dict.fromkeys(("dmg_armor", "hitgroup"), BYTE),
    },
    "player_death": {
        **_USER_PAWN,
        **_ATTACKER,
        "assister": SLOT,
        "assister_pawn": PAWN,
        "assistedflash": BOOL,
        **dict.fromkeys(("weapon", "weapon_itemid", "weapon_fauxitemid", "weapon_originalowner_xuid"), TEXT),
        "headshot": BOOL,
        **dict.fromkeys(("dominated", "revenge", "wipe", "penetrated"), SHORT),
        **dict.fromkeys(("noreplay", "noscope", "thrusmoke", "attackerblind"), BOOL),
        "distance": FLOAT,
        "dmg_health": SHORT,
        **dict.fromkeys(("dmg_armor", "hitgroup"), BYTE),
        "attackerinair": BOOL,
    },
    "player_blind": {**_USER, "attacker": SLOT, "entityid": SHORT, "blind_duration": FLOAT},
    "player_footstep": _USER_PAWN,
    "player_jump": _USER,
    "weapon_fire": {**_USER_PAWN, "weapon": TEXT, "silenced": BOOL},
    "weapon_reload": _USER_PAWN,
    "weapon_zoom": _USER_PAWN,
    "bullet_impact": {**_USER_PAWN, **_PLACE},
    "item_pickup": {**_USER, "item": TEXT, "silent": BOOL, "defindex": LONG},
    "item_equip": {
        **_USER,
        "item": TEXT,
        "defindex": LONG,
        **dict.fromkeys(("canzoom", "hassilencer", "issilenced", "hastracers"), BOOL),
        "weptype": SHORT,
        "ispainted": BOOL,
    },
    **dict.fromkeys(
        (
            *("round_prestart", "round_poststart", "round_announce_match_start", "begin_new_match"),
            *("announce_phase_end", "round_freeze_end", "buytime_ended", "cs_pre_restart", "match_end_conditions"),
            "cs_match_end_restart",
        ),
        _NOTHING,
    ),
    "round_mvp": {
        **_USER,
        "reason": SHORT,
        "value": LONG,
        "musickitmvps": LONG,
        "nomusic": BYTE,
        "musickitid": LONG,
    },
    **dict.fromkeys(("bomb_beginplant", "bomb_abortplant", "bomb_planted", "bomb_defused", "bomb_exploded"), _AT_SITE),
    "bomb_dropped": {**_USER_PAWN, "entindex": LONG},
    "bomb_pickup": {"userid_pawn": PAWN},
    "bomb_begindefuse": {**_USER_PAWN, "haskit": BOOL},
    "bomb_abortdefuse": _USER_PAWN,
    **dict.fromkeys(
        (
            *("hegrenade_detonate", "flashbang_detonate", "smokegrenade_detonate", "smokegrenade_expired"),
            "decoy_detonate",
        ),
        _GRENADE,
    ),
    "decoy_started": {"userid_pawn": PAWN, **_AREA},
    "inferno_startburn": _AREA,
    "inferno_expire": _AREA,
}
"""The events of a recording.

`round_start`, `round_end`, `round_officially_ended` and `cs_win_panel_match` are missing on purpose: the game's own
recordings lack them, and demoparser2, which rebuilds them from counters, fails when both are there.
"""

_NUMBERS: Final = {name: number for number, name in enumerate(EVENTS, start=1)}


def event_list_message() -> bytes:
    """The message that declares all events."""
    found = []
    for name, keys in EVENTS.items():
        described = b"".join(wire.data(3, wire.integer(1, kind) + wire.data(2, key)) for key, kind in keys.items())
        found.append(wire.data(1, wire.integer(1, _NUMBERS[name]) + wire.data(2, name) + described))
    return b"".join(found)


def event_message(name: str, values: Mapping[str, EventValue], server_tick: int) -> bytes:
    """One event; keys without a value say zero or nothing.

    Raises:
        KeyError: No such event is declared, or the event has no such key.
    """
    keys = EVENTS[name]
    if unknown := values.keys() - keys.keys():
        raise KeyError(f"event {name} has no key {', '.join(sorted(unknown))}")
    described = b"".join(wire.data(3, _key_message(kind, values.get(key))) for key, kind in keys.items())
    return wire.integer(2, _NUMBERS[name]) + described + wire.integer(4, server_tick)


def _key_message(kind: int, value: EventValue | None) -> bytes:
    head = wire.integer(1, kind)
    if kind == TEXT:
        return head + wire.data(2, str(value or ""))
    if kind == FLOAT:
        return head + wire.float32(3, float(value or 0.0))
    return head + wire.integer(_VALUE_FIELDS[kind], int(value or 0))
