"""Another analyzer's full output of a match as frames, beside its own player table.

It serves the tests that compare two independent readings of one match; its words end here.
"""

import json
import lzma
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from offangle.core.weapons import WEAPONS
from offangle.frames.collection import MatchFrames, check, conform

SIDES = {2: "t", 3: "ct"}
REASONS = {
    1: "bomb_exploded",
    7: "bomb_defused",
    8: "elimination",
    9: "elimination",
    12: "time_expired",
    17: "surrender",
    18: "surrender",
}
HIT_GROUPS = {
    1: "head",
    2: "chest",
    3: "stomach",
    4: "left_arm",
    5: "right_arm",
    6: "left_leg",
    7: "right_leg",
    8: "neck",
}
WEAPON_NAMES = {weapon.display_name.lower(): weapon.name for weapon in WEAPONS.values()} | {
    "he grenade": "hegrenade",
    "incendiary grenade": "incgrenade",
    "c4": "c4",
    "world": "world",
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One match: the frames made from its events, and the other analyzer's own figures."""

    name: str
    frames: MatchFrames
    players: dict[int, Row]
    kills: list[Row]
    clutches: list[Row]
    is_csgo: bool
    damage_with_bots: Counter[int]
    """Per player, damage dealt while controlling a bot or to a bot: the other analyzer leaves it out."""


def read_snapshot(path: Path) -> Snapshot:
    data: Row = json.loads(lzma.decompress(path.read_bytes()))
    bots = _damage_with_bots(data["damages"])
    _number_bots(data)
    rounds, economies = data["rounds"], data["playerEconomies"]
    tables = {
        "match": [_match(data)],
        "parsers": [{"name": "analyzer snapshot", "version": "1", "role": "events"}],
        "players": [_player(row) for row in data["players"].values()],
        "scoreboard": [_scoreboard(row) for row in data["players"].values()],
        "rounds": _rounds(rounds),
        "player_rounds": [_player_round(row, rounds) for row in economies],
        "economy": [_economy(row) for row in economies],
        "kills": [_kill(row) for row in data["kills"]],
        "damages": [_damage(row) for row in data["damages"]],
        "blinds": [_blind(row) for row in data["playersFlashed"]],
        "bomb_events": _bomb_events(data),
    }
    frames = {name: conform(name, pl.DataFrame(rows, infer_schema_length=None)) for name, rows in tables.items()}
    return Snapshot(
        name=path.name,
        frames=check(MatchFrames(frames)),
        players={row["steamId"]: row for row in data["players"].values()},
        kills=data["kills"],
        clutches=data["clutches"],
        is_csgo=data["game"] == "CSGO",
        damage_with_bots=bots,
    )


def _damage_with_bots(damages: list[Row]) -> Counter[int]:
    total: Counter[int] = Counter()
    for hit in damages:
        if hit["attackerSide"] != hit["victimSide"] and (hit["isAttackerControllingBot"] or not hit["victimSteamId"]):
            total[hit["attackerSteamId"]] += hit["healthDamage"]
    return total


def _number_bots(data: Row) -> None:
    """Give each bot an id of its own: in the snapshot all bots have id 0 and a name."""
    roles = {
        "kills": ("killer", "victim", "assister"),
        "playersFlashed": ("flasher", "flashed"),
        "playerEconomies": ("",),
    }
    named = [
        (row, f"{role}SteamId" if role else "steamId", row[f"{role}Name" if role else "name"])
        for table, who in roles.items()
        for row in data[table]
        for role in who
    ]
    bots = [(row, column, name) for row, column, name in named if row[column] == 0 and name not in {"", "World"}]
    ids = {name: -(number + 1) for number, name in enumerate(sorted({name for _, _, name in bots}))}
    for row, column, name in bots:
        row[column] = ids[name]
    playing = {
        (row["roundNumber"], row["playerSide"]): row["steamId"] for row in data["playerEconomies"] if row["steamId"] < 0
    }
    for hit in data["damages"]:  # names nobody, so that the side's bot of that round stands in
        for role in ("attacker", "victim"):
            hit[f"{role}SteamId"] = hit[f"{role}SteamId"] or playing.get((hit["roundNumber"], hit[f"{role}Side"]), 0)


def _match(data: Row) -> Row:
    return {
        "map_name": data["mapName"],
        "tick_rate": data["tickrate"],
        "source": "demo",
        "score_a": data["teamA"]["score"],
        "score_b": data["teamB"]["score"],
        "is_simulated": False,
    }


def _player(row: Row) -> Row:
    return {"steam_id": row["steamId"], "name": row["name"], "team": row["team"]["letter"].lower(), "is_bot": False}


def _scoreboard(row: Row) -> Row:
    return {
        "steam_id": row["steamId"],
        "kills": row["killCount"],
        "deaths": row["deathCount"],
        "assists": row["assistCount"],
        "headshot_kills": row["headshotCount"],
        "damage": row["healthDamage"],
        "utility_damage": row["utilityDamage"],
        "mvps": row["mvpCount"],
    }


def _rounds(rounds: list[Row]) -> list[Row]:
    half_starts = [row["number"] for before, row in zip([None, *rounds], rounds, strict=False) if _changed(before, row)]
    scores = [(0, 0), *((row["teamAScore"], row["teamBScore"]) for row in rounds)]
    return [
        {
            "round_number": row["number"],
            "kind": "overtime" if row["overtimeNumber"] else "regular",
            "half": sum(start <= row["number"] for start in half_starts),
            "start_tick": row["startTick"],
            "freeze_end_tick": row["freezeTimeEndTick"],
            "end_tick": row["endTick"],
            "officially_ended_tick": row["endOfficiallyTick"],
            "team_a_side": SIDES[row["teamASide"]],
            "winner_side": SIDES.get(row["winnerSide"]),
            "reason": REASONS.get(row["endReason"], "unknown"),
            "score_a_before": scores[number][0],
            "score_b_before": scores[number][1],
        }
        for number, row in enumerate(rounds)
    ]


def _changed(before: Row | None, row: Row) -> bool:
    return before is None or before["teamASide"] != row["teamASide"]


def _player_round(row: Row, rounds: list[Row]) -> Row:
    on_a = row["playerSide"] == rounds[row["roundNumber"] - 1]["teamASide"]
    return {
        "round_number": row["roundNumber"],
        "steam_id": row["steamId"],
        "team": "a" if on_a else "b",
        "side": SIDES[row["playerSide"]],
    }


def _economy(row: Row) -> Row:
    return {
        "round_number": row["roundNumber"],
        "steam_id": row["steamId"],
        "side": SIDES[row["playerSide"]],
        "start_money": row["startMoney"],
        "money_spent": row["moneySpent"],
        "equipment_value": row["equipmentValue"],
    }


def _kill(row: Row) -> Row:
    return {
        "round_number": row["roundNumber"],
        "tick": row["tick"],
        "attacker_steam_id": row["killerSteamId"] or None,
        "victim_steam_id": row["victimSteamId"],
        "assister_steam_id": row["assisterSteamId"] or None,
        "attacker_side": SIDES.get(row["killerSide"]),
        "victim_side": SIDES.get(row["victimSide"]),
        "assister_side": SIDES.get(row["assisterSide"]),
        "weapon": _weapon(row["weaponName"]),
        "is_headshot": row["isHeadshot"],
        "is_flash_assist": row["isAssistedFlash"],
        "penetrated_objects": row["penetratedObjects"],
        "is_attacker_controlling_bot": row["isKillerControllingBot"],
        "is_victim_controlling_bot": row["isVictimControllingBot"],
    }


def _damage(row: Row) -> Row:
    return {
        "round_number": row["roundNumber"],
        "tick": row["tick"],
        "attacker_steam_id": row["attackerSteamId"] or None,
        "victim_steam_id": row["victimSteamId"],
        "attacker_side": SIDES.get(row["attackerSide"]),
        "victim_side": SIDES.get(row["victimSide"]),
        "weapon": _weapon(row["weaponName"]),
        "hit_group": HIT_GROUPS.get(row["hitgroup"], "generic"),
        "health_damage": row["healthDamage"],
        "victim_health_after": row["victimNewHealth"],
    }


def _blind(row: Row) -> Row:
    return {
        "round_number": row["roundNumber"],
        "tick": row["tick"],
        "attacker_steam_id": row["flasherSteamId"] or None,
        "victim_steam_id": row["flashedSteamId"],
        "attacker_side": SIDES.get(row["flasherSide"]),
        "victim_side": SIDES.get(row["flashedSide"]),
        "duration_s": row["duration"],
    }


def _bomb_events(data: Row) -> list[Row]:
    kinds = {"bombsPlanted": ("planted", "planter"), "bombsDefused": ("defused", "defuser")}
    return [
        {
            "round_number": row["roundNumber"],
            "tick": row["tick"],
            "event": event,
            "steam_id": row[f"{role}SteamId"] or None,
            "site": row["site"].lower(),
        }
        for key, (event, role) in kinds.items()
        for row in data[key] or []
    ]


def _weapon(display_name: str) -> str:
    return WEAPON_NAMES.get(display_name.lower(), display_name.lower().replace(" ", "_"))
