"""Writing the tables of a match as a `cs2-demo-format` zip, version 2.0 or 3.0: the reader's counterpart in tests."""

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from offangle.core.weapons import WEAPONS
from offangle.frames.collection import MatchFrames

Version = Literal["2.0", "3.0"]
Row = dict[str, Any]

TEAM_KEYS: Final = {"a": "teamA", "b": "teamB"}
END_REASONS: Final = {
    "bomb_exploded": "target_bombed",
    "bomb_defused": "bomb_defused",
    "time_expired": "time_ran_out",
}
GRENADES: Final = {"flash": "flashbang", "he": "hegrenade", "incendiary": "molotov"}
SAMPLE_STEP_TICKS: Final = 8
ANGLE_SCALE: Final = 10
KIT_FLAG: Final = 4

PLAYER_STATS: Final = {
    "rounds_played": "rounds",
    "kills": "kills",
    "deaths": "deaths",
    "assists": "assists",
    "headshot_kills": "headshotCount",
    "damage": "damageHealth",
    "utility_damage": "utilityDamage",
}
KILLS: Final = {
    "is_headshot": "headshot",
    "is_flash_assist": "flashAssist",
    "penetrated_objects": "penetratedObjects",
    "is_through_smoke": "throughSmoke",
    "is_no_scope": "noScope",
}
DAMAGES: Final = {
    "weapon": "weapon",
    "hit_group": "hitgroup",
    "health_damage": "healthDamage",
    "health_damage_raw": "healthDamageRaw",
    "armor_damage": "armorDamage",
    "victim_armor_after": "victimArmorAfter",
}
ECONOMY: Final = {
    "start_money": "startMoney",
    "money_spent": "moneySpent",
    "equipment_value": "equipmentValue",
    "has_armor": "hasArmor",
    "has_helmet": "hasHelmet",
    "has_defuse_kit": "hasDefuseKit",
}


def write_interchange_zip(path: Path, match: MatchFrames, /, version: Version = "3.0", **replaced: Any) -> Path:
    """Write `match` to `path`; `replaced` gives other contents by manifest key (null leaves the file out).

    Returns:
        `path`.
    """
    documents = {**interchange_documents(match, version), **replaced}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, document in documents.items():
            if document is not None:
                text = document if isinstance(document, bytes | str) else json.dumps(document)
                archive.writestr(file_name(key), text)
    return path


def file_name(key: str) -> str:
    """The name in the zip of the manifest's key: `playerStats` -> `player-stats.json`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in key) + ".json"


def interchange_documents(match: MatchFrames, version: Version) -> dict[str, Any]:
    """The zip's JSON documents by manifest key, `manifest` first."""
    return _Writer(match, version).documents()


class _Writer:
    def __init__(self, match: MatchFrames, version: Version) -> None:
        self.match = match
        self.is_columnar = version == "3.0"
        self.version = version
        self.index = {steam_id: nth for nth, steam_id in enumerate(match["players"].get_column("steam_id"))}
        self.teams = dict(match["players"].select("steam_id", "team").iter_rows())

    def documents(self) -> dict[str, Any]:
        made: dict[str, Callable[[], Any]] = {
            "match": self.head,
            "players": self.players,
            "rounds": self.rounds,
            "playerStats": self.player_stats,
            "playerEconomies": self.economies,
            "kills": self.kills,
            "damages": self.damages,
            "blinds": self.blinds,
            "bombs": self.bombs,
            "grenades": self.grenades,
            "clutches": list,
            "shots": self.shot_tracks if self.is_columnar else self.shot_rows,
        }
        if self.match.has("ticks"):
            made["replay"] = self.replay
        if self.match.has("duel_ticks") and self.is_columnar:
            made["duels"] = self.duels
        return {"manifest": self.manifest(made), **{key: make() for key, make in made.items()}}

    def manifest(self, keys: Mapping[str, object]) -> Row:
        (exporter, exporter_version, _), (parser, parser_version, _) = self.match["parsers"].rows()
        return {
            "schemaVersion": f"cs2-demo-format/{self.version}",
            "exporter": {"name": exporter, "version": exporter_version},
            "parser": {"name": parser, "version": parser_version},
            "demo": {"hash": None, "sourceFileName": None},
            "mapName": self.match.map_name,
            "tickrate": int(self.match.tick_rate),
            "exportedAt": "2026-01-01T00:00:00+00:00",
            "files": {key: file_name(key) for key in keys},
        }

    def player(self, stem: str, steam_id: int | None) -> Row:
        if self.is_columnar:
            field, value = (
                (f"{stem}Index" if stem else "playerIndex"),
                None if steam_id is None else self.index[steam_id],
            )
            return {field: value}
        return {f"{stem}SteamId64" if stem else "steamId64": None if steam_id is None else str(steam_id)}

    def rows(self, table: str) -> list[Row]:
        return self.match.counted(table).rows(named=True)

    def moment(self, row: Row) -> Row:
        return {"roundNumber": row["round_number"], "tick": row["tick"]}

    def head(self) -> Row:
        one = self.match["match"].row(0, named=True)
        teams = {
            key: {"teamKey": key, "name": one[f"team_{team}_name"], "score": one[f"score_{team}"]}
            for team, key in TEAM_KEYS.items()
        }
        return {
            "mapName": one["map_name"],
            "tickrate": int(one["tick_rate"]),
            "durationSeconds": one["duration_s"],
            "serverName": one["server_name"],
            "source": "demo",
            **teams,
        }

    def players(self) -> list[Row]:
        return [
            {"steamId64": str(row["steam_id"]), "name": row["name"], "teamKey": TEAM_KEYS[row["team"]]}
            for row in self.match["players"].iter_rows(named=True)
        ]

    def rounds(self) -> list[Row]:
        return [
            {
                "roundNumber": row["round_number"],
                "startTick": row["start_tick"],
                "freezeEndTick": row["freeze_end_tick"],
                "endTick": row["end_tick"],
                "teamASide": row["team_a_side"],
                "teamBSide": "t" if row["team_a_side"] == "ct" else "ct",
                "teamAScoreBefore": row["score_a_before"],
                "teamBScoreBefore": row["score_b_before"],
                "winnerTeamKey": TEAM_KEYS[row["winner_team"]],
                "winnerSide": row["winner_side"],
                "endReason": END_REASONS.get(row["reason"], f"{row['winner_side']}_win"),
            }
            for row in self.rows("rounds")
        ]

    def player_stats(self) -> list[Row]:
        return [
            {**self.player("", row["steam_id"]), **_renamed(row, PLAYER_STATS)}
            for row in self.match["scoreboard"].rows(named=True)
        ]

    def economies(self) -> list[Row]:
        return [
            {
                "roundNumber": row["round_number"],
                **self.player("", row["steam_id"]),
                **_renamed(row, ECONOMY),
                "primaryWeapon": _shop_name(row["primary_weapon"]),
                "secondaryWeapon": _shop_name(row["secondary_weapon"]),
                **({} if row["grenades"] is None else {"grenades": row["grenades"]}),
            }
            for row in self.rows("economy")
        ]

    def kills(self) -> list[Row]:
        return [
            {
                **self.moment(row),
                **self.player("killer", row["attacker_steam_id"]),
                **self.player("victim", row["victim_steam_id"]),
                **self.player("assister", row["assister_steam_id"]),
                **self.player("flashAssister", row["assister_steam_id"] if row["is_flash_assist"] else None),
                "weapon": {"c4": "planted_c4"}.get(row["weapon"], row["weapon"]),
                **_renamed(row, KILLS),
                "killerPosition": self.point(row, "attacker_"),
                "victimPosition": self.point(row, "victim_"),
            }
            for row in self.rows("kills")
        ]

    def damages(self) -> list[Row]:
        return [
            {
                **self.moment(row),
                **self.player("attacker", row["attacker_steam_id"]),
                **self.player("victim", row["victim_steam_id"]),
                **_renamed(row, DAMAGES),
                "victimHealthBefore": row["victim_health_after"] + row["health_damage"],
                "attackerPosition": self.point(row, "attacker_"),
                "victimPosition": self.point(row, "victim_"),
            }
            for row in self.rows("damages")
        ]

    def blinds(self) -> list[Row]:
        return [
            {
                **self.moment(row),
                "flashId": row["grenade_id"],
                **self.player("flasher", row["attacker_steam_id"]),
                **self.player("flashed", row["victim_steam_id"]),
                "durationSeconds": row["duration_s"],
            }
            for row in self.rows("blinds")
        ]

    def bombs(self) -> list[Row]:
        return [
            {
                **self.moment(row),
                "type": row["event"],
                "site": row["site"],
                **self.player("actor", row["steam_id"]),
                "position": self.point(row, ""),
            }
            for row in self.rows("bomb_events")
        ]

    def grenades(self) -> list[Row]:
        return [
            {
                "roundNumber": row["round_number"],
                "grenadeId": row["grenade_id"],
                "throwTick": row["throw_tick"],
                "effectTick": row["effect_tick"],
                "destroyTick": row["end_tick"],
                "grenade": GRENADES.get(row["kind"], row["kind"]),
                **self.player("thrower", row["thrower_steam_id"]),
                "throwPosition": self.point(row, "throw_"),
                "effectPosition": self.point(row, "effect_"),
            }
            for row in self.rows("grenades")
        ]

    def shot_rows(self) -> list[Row]:
        return [
            {
                **self.moment(row),
                **self.player("", row["steam_id"]),
                "weapon": f"weapon_{row['weapon']}",
                "position": self.point(row, ""),
                "velocity": self.point(row, "velocity_"),
                "yaw": row["yaw_deg"],
                "pitch": row["pitch_deg"],
            }
            for row in self.rows("shots")
        ]

    def point(self, row: Row, prefix: str) -> Row | None:
        if row[f"{prefix}x"] is None:
            return None
        number: type[int | float] = int if self.is_columnar else float
        return {axis: number(row[f"{prefix}{axis}"]) for axis in "xyz"}

    # -- streams -----------------------------------------------------------------------------------------------------

    def shot_tracks(self) -> Row:
        shots = self.match.counted("shots")
        words = shots.get_column("weapon").unique(maintain_order=True).to_list()
        tracks = []
        for (number, steam_id), own in shots.group_by(["round_number", "steam_id"], maintain_order=True):
            tracks.append(
                {
                    "roundNumber": number,
                    **self.player("", _int(steam_id)),
                    "tick": _deltas(own["tick"]),
                    "weapon": [words.index(word) for word in own["weapon"]],
                    **{axis: _deltas(own[axis]) for axis in "xyz"},
                    **{f"v{axis}": _whole(own[f"velocity_{axis}"]) for axis in "xyz"},
                    "yaw": _deltas(own["yaw_deg"] * ANGLE_SCALE),
                    "pitch": _deltas(own["pitch_deg"] * ANGLE_SCALE),
                }
            )
        meta = {"coordScale": 1, "angleScale": ANGLE_SCALE}
        return {"meta": meta, "weaponDict": [f"weapon_{word}" for word in words], "tracks": tracks}

    def replay(self) -> Row:
        ticks = self.match.counted("ticks").with_columns(pl.col("weapon", "place").cast(pl.String))
        words = {name: ticks[name].drop_nulls().unique(maintain_order=True).to_list() for name in ("weapon", "place")}
        rounds = [
            {
                **self.window(own, SAMPLE_STEP_TICKS),
                "players": [self.track(steam_id, track, words) for steam_id, track in _by_player(own)],
                **({"projectiles": self.flights(_int(number))} if self.is_columnar else {}),
            }
            for (number,), own in ticks.group_by(["round_number"], maintain_order=True)
        ]
        document = {"meta": self.meta(8), "weaponDict": words["weapon"], "rounds": rounds}
        return {**document, "placeDict": words["place"]} if self.is_columnar else document

    def duels(self) -> Row:
        ticks = self.match.counted("duel_ticks")
        window = (pl.col("tick").diff().fill_null(0) > 1).cum_sum().alias("window")
        moments = ticks.select("round_number", "tick").unique(maintain_order=True).with_columns(window)
        windows = [
            {
                **self.window(own, 1),
                "anchors": [],
                "players": [self.track(steam_id, track, {}) for steam_id, track in _by_player(own)],
            }
            for _, own in ticks.join(moments, on=["round_number", "tick"], maintain_order="left").group_by(
                ["round_number", "window"], maintain_order=True
            )
        ]
        return {"meta": {**self.meta(64), "windowBeforeMs": 1000, "windowAfterMs": 500}, "windows": windows}

    def meta(self, sample_rate: int) -> Row:
        scale = {"angleScale": ANGLE_SCALE} if self.is_columnar else {}
        return {"sampleRate": sample_rate, "tickrate": int(self.match.tick_rate), "coordScale": 1, **scale}

    def window(self, own: pl.DataFrame, step: int) -> Row:
        return {
            "roundNumber": own.item(0, "round_number"),
            "startTick": own.item(0, "tick"),
            "tickStep": step,
            "frameCount": own.get_column("tick").n_unique(),
        }

    def track(self, steam_id: int, own: pl.DataFrame, words: Mapping[str, Sequence[str]]) -> Row:
        health = {"hp": own["health"].to_list()}
        numbers = {name: _numbered(own[name], known) for name, known in words.items()}
        if not self.is_columnar:
            position = {axis: _whole(own[axis]) for axis in "xyz"}
            flags = {"flags": own["is_alive"].cast(pl.Int64).to_list()}
            numbers.pop("place")
            return {
                **self.player("", steam_id),
                **position,
                "yaw": _whole(own["yaw_deg"]),
                **health,
                **numbers,
                **flags,
            }
        views = {
            "yaw": _deltas(own["yaw_deg"] * ANGLE_SCALE),
            "pitch": _deltas(own["pitch_deg"] * ANGLE_SCALE),
            "flash": _whole(own["flash_duration_s"] * 10),
        }
        states = (
            {
                "armor": own["armor"].to_list(),
                "money": _deltas(own["money"]),
                "flags": (own["is_alive"].cast(pl.Int64) + own["has_defuse_kit"].cast(pl.Int64) * KIT_FLAG).to_list(),
            }
            if words
            else {}
        )
        position = {axis: _deltas(own[axis]) for axis in "xyz"}
        return {**self.player("", steam_id), **position, **views, **health, **numbers, **states}

    def flights(self, number: int) -> list[Row]:
        thrown = self.match.counted("grenades").filter(pl.col("round_number") == number)
        flown = {grenade_id: own for (grenade_id,), own in self.match["projectiles"].group_by(["grenade_id"])}
        return [
            {
                "grenade": GRENADES.get(row["kind"], row["kind"]),
                "throwerIndex": self.index[row["thrower_steam_id"]],
                "startTick": flown[row["grenade_id"]].sort("tick").item(0, "tick"),
                **{axis: _deltas(flown[row["grenade_id"]].sort("tick")[axis]) for axis in "xyz"},
            }
            for row in thrown.iter_rows(named=True)
            if row["grenade_id"] in flown
        ]


def _renamed(row: Row, names: Mapping[str, str]) -> Row:
    return {wire: row[column] for column, wire in names.items()}


def _shop_name(weapon: str | None) -> str | None:
    return None if weapon is None else WEAPONS[weapon].display_name


def _by_player(ticks: pl.DataFrame) -> list[tuple[int, pl.DataFrame]]:
    return [(_int(steam_id), own) for (steam_id,), own in ticks.group_by(["steam_id"], maintain_order=True)]


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _whole(values: pl.Series) -> list[int]:
    return values.cast(pl.Float64).round().cast(pl.Int64).to_list()


def _deltas(values: pl.Series) -> list[int]:
    whole = pl.Series(_whole(values), dtype=pl.Int64)
    return (whole - whole.shift(1, fill_value=0)).to_list()


def _numbered(values: pl.Series, words: Sequence[str]) -> list[int]:
    return [-1 if word is None else words.index(word) for word in values]
