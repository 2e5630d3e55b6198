"""The same recordings through an analyzer of another family, where one is installed.

`npm install @akiver/cs-demo-analyzer` anywhere, and name its `dist/cli.js` in CS_DEMO_ANALYZER_CLI.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

from makers.scripted_match import Script, write_script
from offangle.frames.collection import MatchFrames

ANALYZER = os.environ.get("CS_DEMO_ANALYZER_CLI", "")
SIDES = {2: "t", 3: "ct"}

pytestmark = pytest.mark.skipif(
    not ANALYZER or shutil.which("node") is None, reason="no other analyzer is named in CS_DEMO_ANALYZER_CLI"
)


@dataclass(frozen=True)
class Told:
    said: dict[str, Any]
    truth: MatchFrames

    def rows(self, name: str, *keys: str) -> list[tuple[Any, ...]]:
        return sorted(tuple(_plain(row[key]) for key in keys) for row in self.said[name])

    def wanted(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        return sorted(self.truth[name].select(columns).rows())


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


@pytest.fixture(scope="module", params=["plain", "halves", "wingman"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("other")
    short = Script(live_ticks=420, ticks_every=4)
    scripts = {
        "plain": short,
        "halves": Script(live_ticks=420, ticks_every=4, rounds=6, max_rounds=2, overtime_rounds=4),
        "wingman": Script(live_ticks=420, ticks_every=4, rounds=4, max_rounds=4, mode="wingman", per_team=2),
    }
    truth = write_script(folder / "m.dem", scripts[request.param]).truth()
    command = ["node", ANALYZER, f"-demo-path={folder / 'm.dem'}", f"-output={folder}", "-format=json", "-source=valve"]
    subprocess.run(command, check=True, capture_output=True)
    return Told(json.loads((folder / "m.json").read_text()), truth)


def test_kills(told: Told) -> None:
    found = told.rows("kills", "tick", "killerSteamId", "victimSteamId", "isHeadshot")
    assert found == told.wanted("kills", "tick", "attacker_steam_id", "victim_steam_id", "is_headshot")


def test_damages(told: Told) -> None:
    found = told.rows("damages", "tick", "attackerSteamId", "victimSteamId", "healthDamage")
    assert found == told.wanted("damages", "tick", "attacker_steam_id", "victim_steam_id", "health_damage")


def test_rounds(told: Told) -> None:
    keys = ("number", "startTick", "freezeTimeEndTick", "endTick")
    assert told.rows("rounds", *keys) == told.wanted(
        "rounds", "round_number", "start_tick", "freeze_end_tick", "end_tick"
    )
    winners = [SIDES[row["winnerSide"]] for row in told.said["rounds"]]
    assert winners == told.truth["rounds"]["winner_side"].cast(pl.String).to_list()


def test_shots(told: Told) -> None:
    assert told.rows("shots", "tick", "playerSteamId") == told.wanted("shots", "tick", "steam_id")


def test_blinds(told: Told) -> None:
    found = told.rows("playersFlashed", "tick", "flasherSteamId", "flashedSteamId")
    assert found == told.wanted("blinds", "tick", "attacker_steam_id", "victim_steam_id")


def test_bomb(told: Told) -> None:
    for name, event, player in (("bombsPlanted", "planted", "planter"), ("bombsDefused", "defused", "defuser")):
        wanted = told.truth["bomb_events"].filter(pl.col("event") == event)
        assert told.rows(name, "tick", f"{player}SteamId") == sorted(wanted.select("tick", "steam_id").rows())


def test_smokes(told: Told) -> None:
    wanted = told.truth["grenades"].filter(pl.col("kind") == "smoke", pl.col("effect_tick").is_not_null())
    found = told.rows("smokesStart", "tick", "throwerSteamId")
    assert found == sorted(wanted.select("effect_tick", "thrower_steam_id").rows())
