"""Demos made on the fly with the sketch of a demo writer that lies beside the repository, with their exact truth."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from makers.corpus import kept

REPOSITORY = Path(__file__).resolve().parents[2]
DEMOWRITER = Path(os.environ.get("OFFANGLE_DEMOWRITER", REPOSITORY.parent / "shared" / "reference" / "demowriter"))

TICK_COLUMNS = (
    *("tick", "slot", "x", "y", "z", "pitch_deg", "yaw_deg", "health", "armor", "money"),
    *("equipment_value", "weapon_number", "team_number", "is_alive"),
)


@dataclass(frozen=True)
class ToyDemo:
    """A written demo and what really happened in it.

    `truth` has lists of kills, hurts, shots, rounds, bomb, grenades, blinds, smokes, fires, economy, chat, players.
    """

    path: Path
    truth: dict[str, Any]

    def ticks(self) -> pl.DataFrame:
        """Every player at every tick, with steam_id."""
        rows = np.load(f"{self.path}.truth.npz")["rows"]
        ids = {player["slot"]: player["steamid"] for player in self.truth["players"]}
        frame = pl.DataFrame(rows, schema=list(TICK_COLUMNS)).with_columns(pl.col("tick", "slot").cast(pl.Int32))
        return frame.with_columns(pl.col("slot").replace_strict(ids, return_dtype=pl.Int64).alias("steam_id"))


def require_demowriter() -> Path:
    """The writer's folder; skips the test, saying so, where it is absent."""
    if not (DEMOWRITER / "toymatch.py").is_file():
        pytest.skip("the demo writer is not beside the repository; name its folder in OFFANGLE_DEMOWRITER")
    return DEMOWRITER


def write_toy_demo(path: Path, *arguments: str) -> ToyDemo:
    """Run the writer with its own command line."""
    script = require_demowriter() / "toymatch.py"
    subprocess.run([sys.executable, str(script), str(path), *arguments], check=True, capture_output=True)
    return ToyDemo(path, json.loads(Path(f"{path}.truth.json").read_text()))


def kept_toy_demo(*arguments: str) -> ToyDemo:
    """The same, written once for all workers and runs."""
    writer = b"".join(path.read_bytes() for path in sorted(require_demowriter().glob("*.py")))
    folder = kept(repr(arguments).encode() + writer, lambda folder: _write_into(folder, *arguments))
    return ToyDemo(folder / "toy.dem", json.loads((folder / "toy.dem.truth.json").read_text()))


def _write_into(folder: Path, *arguments: str) -> None:
    folder.mkdir()
    write_toy_demo(folder / "toy.dem", *arguments)


def write_odd_demo(path: Path, play: Callable[[Any], None], prepare: Callable[[Any], None] | None = None) -> ToyDemo:
    """Let `play` drive the writer's match round by round, after `prepare` changed its players."""
    sys.path.insert(0, str(require_demowriter()))
    try:
        match_class = importlib.import_module("toymatch").Match
    finally:
        sys.path.remove(str(DEMOWRITER))
    match = match_class(str(path), 3, 12, 1, serial_base=317)
    if prepare is not None:
        prepare(match)
    match.flying, match.fires, match.c4 = [], [], None
    match.setup()
    for player in match.players:
        player["eq"] = 200
    pass_ticks(match, 64)
    play(match)
    pass_ticks(match, 64)
    match.w.finish()
    return ToyDemo(path, match.t)


def pass_ticks(match: Any, count: int) -> None:
    """Let time go by."""
    for _ in range(count):
        match.end_tick()


def set_back(match: Any, total: int, t_score: int, ct_score: int) -> None:
    """Set the game's counters, as a restored backup or a restart does."""
    match.R(m_totalRoundsPlayed=total)
    match.teams[2].set("m_iScore", t_score)
    match.teams[3].set("m_iScore", ct_score)


@pytest.fixture(scope="session")
def toy_demo() -> ToyDemo:
    """Three rounds."""
    return kept_toy_demo("--rounds", "3")


@pytest.fixture(scope="session")
def toy_demo_serial() -> ToyDemo:
    """The same with entity serials as real servers have them, which hide the throwers from awpy."""
    return kept_toy_demo("--rounds", "3", "--serial", "317")
