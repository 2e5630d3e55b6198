"""Zips that must be refused, each with a message that names file, field and fault; and odd ones that are read."""

import copy
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from makers.interchange_zips import Version, file_name, interchange_documents, write_interchange_zip
from makers.synthetic import make_match
from offangle.analysis.run import analyse
from offangle.core.errors import BadInputError, LimitExceededError
from offangle.frames.collection import MatchFrames, check
from offangle.parsing.interchange import archive as archive_module
from offangle.parsing.interchange import read_interchange

Documents = dict[str, Any]
Change = Callable[[Documents], None]


@pytest.fixture(scope="module")
def match() -> MatchFrames:
    return make_match(5, score=(3, 1), half_rounds=2)


@pytest.fixture(scope="module")
def documents(match: MatchFrames) -> dict[Version, Documents]:
    return {"2.0": interchange_documents(match, "2.0"), "3.0": interchange_documents(match, "3.0")}


def write(path: Path, documents: Documents, change: Change) -> Path:
    changed = copy.deepcopy(documents)
    change(changed)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, document in changed.items():
            archive.writestr(file_name(key), document if isinstance(document, str) else json.dumps(document))
    return path


def set_at(*way: Any) -> Change:
    """A change that puts the last of `way` where the others lead."""

    def change(documents: Documents) -> None:
        at: Any = documents
        for step in way[:-2]:
            at = at[step]
        at[way[-2]] = way[-1]

    return change


def drop_at(*way: Any) -> Change:
    """A change that removes what `way` leads to."""

    def change(documents: Documents) -> None:
        at: Any = documents
        for step in way[:-1]:
            at = at[step]
        del at[way[-1]]

    return change


def repeat(key: str) -> Change:
    return lambda documents: documents[key].append(documents[key][0])


REFUSED: dict[str, tuple[Change, str]] = {
    "newer": (
        set_at("manifest", "schemaVersion", "cs2-demo-format/4.0"),
        r"cs2-demo-format/4\.0 is newer than Offangle reads \(2\.0, 3\.x\)",
    ),
    "older": (
        set_at("manifest", "schemaVersion", "cs2-demo-format/1.0"),
        r"cs2-demo-format/1\.0 is not one that Offangle reads \(2\.0, 3\.x\)",
    ),
    "other format": (
        set_at("manifest", "schemaVersion", "rivalhub/1"),
        r"manifest\.json: schemaVersion 'rivalhub/1' is not a version of cs2-demo-format",
    ),
    "no version": (drop_at("manifest", "schemaVersion"), r"manifest\.json: .*missing required field `schemaVersion`"),
    "no manifest": (drop_at("manifest"), r"manifest\.json is missing"),
    "no match": (drop_at("match"), r"match\.json is missing"),
    "no players": (drop_at("players"), r"players\.json is missing"),
    "no rounds": (drop_at("rounds"), r"rounds\.json is missing"),
    "no kills": (drop_at("kills"), r"kills\.json is missing"),
    "no damages": (drop_at("damages"), r"damages\.json is missing"),
    "no economies": (drop_at("playerEconomies"), r"player-economies\.json is missing"),
    "not JSON": (set_at("kills", "[{"), r"kills\.json: not valid JSON"),
    "rows are no list": (set_at("kills", {}), r"kills\.json: Expected `array`, got `object`"),
    "field missing": (drop_at("kills", 1, "victimIndex"), r"kills\.json: .*`victimIndex` - at `\$\[1\]`"),
    "field of another type": (
        set_at("kills", 0, "tick", "soon"),
        r"kills\.json: Expected `int`, got `str` - at `\$\[0\]\.tick`",
    ),
    "negative tick": (set_at("damages", 0, "tick", -1), r"damages\.json: .*>= 0 - at `\$\[0\]\.tick`"),
    "huge tick": (set_at("damages", 0, "tick", 2**40), r"damages\.json: .* - at `\$\[0\]\.tick`"),
    "index beyond": (
        set_at("kills", 0, "victimIndex", 10),
        r"kills\.json: victimIndex 10 is not a player of players\.json \(10 players\)",
    ),
    "negative index": (set_at("bombs", 0, "actorIndex", -1), r"bombs\.json: actorIndex -1 is not a player"),
    "unknown round": (set_at("kills", 0, "roundNumber", 9), r"kills\.json: roundNumber 9 is not in rounds\.json"),
    "round twice": (repeat("rounds"), r"rounds\.json: roundNumber must be 1 or more and in one row only"),
    "round zero": (set_at("rounds", 0, "roundNumber", 0), r"rounds\.json: roundNumber must be 1 or more"),
    "ticks out of order": (
        set_at("rounds", 1, "freezeEndTick", 0),
        r"rounds\.json: roundNumber 2: startTick, freezeEndTick and endTick must follow each other",
    ),
    "unknown reason": (set_at("rounds", 0, "endReason", "won"), r"rounds\.json: endReason: 'won' is not one of t_win"),
    "unknown side": (set_at("rounds", 0, "teamASide", "x"), r"rounds\.json: teamASide: 'x' is not one of t, ct"),
    "unknown team": (set_at("players", 0, "teamKey", "c"), r"players\.json: teamKey: 'c' is not one of teamA, teamB"),
    "id no number": (set_at("players", 0, "steamId64", "me"), r"players\.json: steamId64 'me' is not a number"),
    "player twice": (repeat("players"), r"players\.json: steamId64 \d+ is there twice"),
    "nobody": (set_at("players", []), r"players\.json: 0 players; 1 to 64 are expected"),
    "economy twice": (repeat("playerEconomies"), r"player-economies\.json: roundNumber 1: a player has two rows"),
    "economy outside rounds": (
        set_at("playerEconomies", 0, "roundNumber", 0),
        r"player-economies\.json: roundNumber 0 is not in rounds\.json",
    ),
    "statistics twice": (repeat("playerStats"), r"player-stats\.json: a player has two rows"),
    "boundless coordinate": (
        set_at("kills", 0, "victimPosition", {"x": 1e300, "y": 0, "z": 0}),
        r"kills\.json: .* - at `\$\[0\]\.victimPosition\.x`",
    ),
    "boundless index": (set_at("kills", 0, "victimIndex", 10**30), r"kills\.json: .* - at `\$\[0\]\.victimIndex`"),
    "unknown hit group": (set_at("damages", 0, "hitgroup", "tail"), r"damages\.json: hitgroup: 'tail' is not one of"),
    "unknown grenade": (set_at("grenades", 0, "grenade", "egg"), r"grenades\.json: grenade: 'egg' is not one of"),
    "unknown bomb event": (set_at("bombs", 0, "type", "lost"), r"bombs\.json: type: 'lost' is not one of"),
    "map that is no text": (set_at("match", "mapName", 7), r"match\.json: .* - at `\$\.mapName`"),
    "no tick rate": (set_at("match", "tickrate", 0), r"match\.json: .* - at `\$\.tickrate`"),
    "column too short": (
        drop_at("replay", "rounds", 1, "players", 2, "x", 0),
        r"replay\.json: round 2: players\[2\]\.x has \d+ samples; \d+ are expected",
    ),
    "weapon beyond": (
        set_at("replay", "rounds", 0, "players", 0, "weapon", 0, 99),
        r"replay\.json: a weapon is beyond weaponDict, which has \d+ entries",
    ),
    "track of nobody": (
        drop_at("replay", "rounds", 0, "players", 0, "playerIndex"),
        r"replay\.json: a player's track does not say whose it is",
    ),
    "track twice": (
        lambda docs: docs["replay"]["rounds"].append(docs["replay"]["rounds"][0]),
        r"replay\.json: a player has two samples of tick \d+",
    ),
    "window of unknown round": (
        set_at("duels", "windows", 0, "roundNumber", 77),
        r"duels\.json: roundNumber 77 is not in rounds\.json",
    ),
    "thrower beyond": (
        set_at("replay", "rounds", 0, "projectiles", 0, "throwerIndex", 50),
        r"replay\.json: throwerIndex 50 is not a player",
    ),
    "shot without a tick": (
        set_at("shots", "tracks", 0, "tick", 0, None),
        r"shots\.json: Expected `int`, got `null` - at `\$\.tracks\[0\]\.tick\[0\]`",
    ),
    "shot columns differ": (
        drop_at("shots", "tracks", 0, "yaw", 0),
        r"shots\.json: \$\.tracks\[0\]\.yaw has \d+ samples",
    ),
}

REFUSED_2_0: dict[str, tuple[Change, str]] = {
    "stranger": (
        set_at("kills", 0, "victimSteamId64", "76561197960265729"),
        r"kills\.json: victimSteamId64 '76561197960265729' is not a player",
    ),
    "index in 2.0": (
        drop_at("damages", 0, "attackerSteamId64"),
        r"damages\.json: .*`attackerSteamId64` - at `\$\[0\]`",
    ),
    "shot of nobody": (set_at("shots", 0, "steamId64", "7"), r"shots\.json: steamId64 '7' is not a player"),
}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("workshop/2242472711/de_calavera", "de_calavera"), ("", "unknown"), ("../x", "x"), ("a" * 70, "a" * 64)],
)
def test_odd_map_names_are_read(
    stated: str, expected: str, tmp_path: Path, documents: dict[Version, Documents]
) -> None:
    path = write(tmp_path / "match.zip", documents["3.0"], set_at("match", "mapName", stated))
    assert check(read_interchange(path)).map_name == expected


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_3_0(name: str, tmp_path: Path, documents: dict[Version, Documents]) -> None:
    change, message = REFUSED[name]
    with pytest.raises(BadInputError, match=message):
        read_interchange(write(tmp_path / "match.zip", documents["3.0"], change))


@pytest.mark.parametrize("name", REFUSED_2_0)
def test_refuses_2_0(name: str, tmp_path: Path, documents: dict[Version, Documents]) -> None:
    change, message = REFUSED_2_0[name]
    with pytest.raises(BadInputError, match=message):
        read_interchange(write(tmp_path / "match.zip", documents["2.0"], change))


ACCEPTED: dict[str, Change] = {
    "later minor version": set_at("manifest", "schemaVersion", "cs2-demo-format/3.7"),
    "unknown key": set_at("kills", 0, "moonPhase", {"deep": [1, {"er": None}]}),
    "unknown file": set_at("manifest", "files", "weather", "weather.json"),
    "no duels": drop_at("duels"),
    "no replay": drop_at("replay"),
    "no shots": drop_at("shots"),
    "no scoreboard": drop_at("playerStats"),
    "event outside rounds": set_at("bombs", 0, "roundNumber", 0),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_reads_what_it_need_not_know(name: str, tmp_path: Path, documents: dict[Version, Documents]) -> None:
    read = read_interchange(write(tmp_path / "match.zip", documents["3.0"], ACCEPTED[name]))
    assert read["kills"].height > 0


def test_an_absent_file_is_an_absent_table(tmp_path: Path, match: MatchFrames) -> None:
    read = read_interchange(write_interchange_zip(tmp_path / "m.zip", match, replay=None, shots=None, playerStats=None))
    assert not {"ticks", "projectiles", "shots", "scoreboard"} & set(read)
    assert read["match"].item(0, "sample_rate_hz") is None


def test_a_null_sample_is_left_out_and_the_next_continues(tmp_path: Path, documents: dict[Version, Documents]) -> None:
    def change(docs: Documents) -> None:
        track = docs["replay"]["rounds"][0]["players"][0]
        track["x"][2] += track["x"][1]
        for column in ("x", "y", "z", "yaw", "pitch", "hp"):
            track[column][1] = None

    whole = read_interchange(write(tmp_path / "whole.zip", documents["3.0"], lambda _: None))["ticks"]
    holed = read_interchange(write(tmp_path / "holed.zip", documents["3.0"], change))["ticks"]
    first = whole.item(0, "steam_id")
    left, right = (t.filter(steam_id=first, round_number=1) for t in (whole, holed))
    assert right.height == left.height - 1
    assert right["x"].to_list() == [left.item(0, "x"), *left["x"].to_list()[2:]]


def test_a_folder_inside_the_zip_does_not_matter(tmp_path: Path, documents: dict[Version, Documents]) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for key, document in documents["3.0"].items():
            archive.writestr(f"export/{file_name(key)}", json.dumps(document))
    assert read_interchange(tmp_path / "m.zip").map_name == "de_mirage"


def test_bots_stay_one_player_each(tmp_path: Path, documents: dict[Version, Documents]) -> None:
    def change(docs: Documents) -> None:
        docs["players"][3]["steamId64"] = docs["players"][4]["steamId64"] = "0"

    players = read_interchange(write(tmp_path / "m.zip", documents["3.0"], change))["players"]
    assert players.filter("is_bot")["steam_id"].to_list() == [-4, -5]


# -- the zip itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"PK", b"HL2DEMO" * 100, b"{}"])
def test_refuses_what_is_no_zip(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(content)
    with pytest.raises(BadInputError, match="not a zip, or a damaged one"):
        read_interchange(tmp_path / "m.zip")


def test_refuses_a_truncated_zip(tmp_path: Path, match: MatchFrames) -> None:
    path = write_interchange_zip(tmp_path / "m.zip", match)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadInputError, match="not a zip, or a damaged one"):
        read_interchange(path)


def test_refuses_flipped_bits(tmp_path: Path, match: MatchFrames) -> None:
    path = write_interchange_zip(tmp_path / "m.zip", match)
    with zipfile.ZipFile(path) as archive:
        kills = archive.getinfo("kills.json")
    content = bytearray(path.read_bytes())
    at = kills.header_offset + 30 + len("kills.json") + kills.compress_size // 2
    content[at : at + 8] = bytes(byte ^ 0xFF for byte in content[at : at + 8])
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"kills\.json: cannot be unpacked"):
        read_interchange(path)


def test_refuses_an_encrypted_member(tmp_path: Path, match: MatchFrames) -> None:
    path = write_interchange_zip(tmp_path / "m.zip", match)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= archive_module.ENCRYPTED_BIT
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="is encrypted"):
        read_interchange(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_refuses_other_packings(packing: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w", packing) as archive:
        archive.writestr("manifest.json", b"{}")
    with pytest.raises(BadInputError, match=r"manifest\.json: is packed by a method that is not read"):
        read_interchange(tmp_path / "m.zip")


def test_refuses_a_member_that_is_there_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("manifest.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("manifest.json", b"{}")
    with pytest.raises(BadInputError, match=r"manifest\.json: is in the zip twice"):
        read_interchange(tmp_path / "m.zip")


def test_refuses_a_bomb_before_unpacking_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * 20_000_000)
    with pytest.raises(LimitExceededError, match=r"manifest\.json: unpacks \d+ bytes to 20000000; more than 200 times"):
        read_interchange(tmp_path / "m.zip")


def test_refuses_too_many_members(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for nth in range(archive_module.MAX_MEMBERS + 1):
            archive.writestr(f"{nth}.json", b"{}")
    with pytest.raises(LimitExceededError, match="holds 65 files; at most 64 are read"):
        read_interchange(tmp_path / "m.zip")


@pytest.mark.parametrize(
    ("limit", "message"), [("MAX_MEMBER_BYTES", r"json: unpacks to \d+ bytes"), ("MAX_TOTAL_BYTES", "zip unpacks to")]
)
def test_refuses_too_much(
    limit: str, message: str, tmp_path: Path, match: MatchFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_interchange_zip(tmp_path / "m.zip", match)
    monkeypatch.setattr(archive_module, limit, 5000)
    with pytest.raises(LimitExceededError, match=message):
        read_interchange(path)


def test_refuses_depth(tmp_path: Path, documents: dict[Version, Documents]) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    with pytest.raises(LimitExceededError, match=r"kills\.json: nested too deeply"):
        read_interchange(write(tmp_path / "m.zip", documents["3.0"], set_at("kills", f'[{{"odd": {deep}}}]')))


def test_tells_how_far_it_is(tmp_path: Path, match: MatchFrames) -> None:
    told: list[tuple[str, float]] = []
    read_interchange(write_interchange_zip(tmp_path / "m.zip", match), progress=lambda *stage: told.append(stage))
    assert [stage for stage, _ in told] == ["open", "events", "replay", "duels", "tables"]
    assert [done for _, done in told] == sorted(done for _, done in told)


# -- odd values: data, and not our error -------------------------------------------------------------------------------

ODD: dict[str, tuple[Change, str, str]] = {
    "money below zero": (set_at("playerEconomies", 0, "startMoney", -500), "economy", "start_money"),
    "equipment below zero": (set_at("playerEconomies", 0, "equipmentValue", -1), "economy", "equipment_value"),
    "health of thousands": (set_at("replay", "rounds", 0, "players", 0, "hp", 0, 40_000), "ticks", "health"),
    "blinded for less than nothing": (
        set_at("replay", "rounds", 0, "players", 0, "flash", 0, -5), "ticks", "flash_duration_s",
    ),
    "money beyond all sums": (
        lambda docs: docs["replay"]["rounds"][0]["players"][0].update(
            money=[2**31 - 1] * len(docs["replay"]["rounds"][0]["players"][0]["money"])
        ),
        "ticks",
        "money",
    ),
    "damage of thousands": (set_at("damages", 0, "healthDamage", 40_000), "damages", "health_damage"),
    "damage below zero": (set_at("damages", 0, "healthDamage", -7), "damages", "health_damage"),
    "blindness below zero": (set_at("blinds", 0, "durationSeconds", -1.0), "blinds", "duration_s"),
    "score below zero": (set_at("match", "teamA", "score", -1), "match", "score_a"),
    "length below zero": (set_at("match", "durationSeconds", -1.5), "match", "duration_s"),
    "running score below zero": (set_at("rounds", 1, "teamAScoreBefore", -3), "rounds", "score_a_before"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_kept_out_and_told(name: str, tmp_path: Path, documents: dict[Version, Documents]) -> None:
    change, table, column = ODD[name]
    read = check(read_interchange(write(tmp_path / "match.zip", documents["3.0"], change)))
    assert (table, column) in read["odd_values"].select("table", "column").rows()
    checks = analyse(read)["checks"]
    assert column in checks.filter(pl.col("name") == "odd_values").item(0, "detail")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_unknown(word: str, tmp_path: Path, documents: dict[Version, Documents]) -> None:
    change = set_at("shots", json.dumps(documents["2.0"]["shots"]).replace('"yaw": ', f'"yaw": {word}, "was": '))
    read = check(read_interchange(write(tmp_path / "match.zip", documents["2.0"], change)))
    assert read["shots"]["yaw_deg"].null_count() == read["shots"].height > 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_before_the_text_does_not_matter(
    encoding: str, tmp_path: Path, documents: dict[Version, Documents]
) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for key, document in documents["3.0"].items():
            archive.writestr(file_name(key), json.dumps(document).encode(encoding))
    assert check(read_interchange(tmp_path / "m.zip"))["kills"].height > 0


def test_whole_numbers_may_have_a_point(tmp_path: Path, documents: dict[Version, Documents]) -> None:
    def change(docs: Documents) -> None:
        for key in ("rounds", "kills", "damages", "bombs", "replay", "shots", "match"):
            docs[key] = _with_points(docs[key])

    whole = read_interchange(write(tmp_path / "whole.zip", documents["3.0"], lambda _: None))
    pointed = read_interchange(write(tmp_path / "pointed.zip", documents["3.0"], change))
    for name in whole:
        assert_frame_equal(whole[name], pointed[name])


def _with_points(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_points(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_points(inner) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_a_fraction_is_no_whole_number(tmp_path: Path, documents: dict[Version, Documents]) -> None:
    path = write(tmp_path / "m.zip", documents["3.0"], set_at("kills", 0, "tick", 3272.5))
    with pytest.raises(BadInputError, match=r"kills\.json: Expected `int`, got `float` - at `\$\[0\]\.tick`"):
        read_interchange(path)


def test_invisible_nothings_are_left_out_of_texts(tmp_path: Path, documents: dict[Version, Documents]) -> None:
    def change(docs: Documents) -> None:
        docs["players"][0]["name"] = "a\0b"
        docs["match"]["teamA"]["name"] = "\0"

    read = read_interchange(write(tmp_path / "m.zip", documents["3.0"], change))
    assert read["players"].item(0, "name") == "ab"
    assert read["match"].item(0, "team_a_name") == ""
