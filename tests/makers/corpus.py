"""Simulated matches played once: kept on disk by what they follow from, for all tests, workers and runs.

A match follows from its order and from the code that plays it. It lies in a folder named by a digest of both, so that a
changed simulator plays anew, and nobody has to empty anything. Workers that want the same match wait for whoever plays
it. Matches of other code are removed when the first one of the present code is played.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import zstandard

from makers.scripted_match import Script, write_script
from offangle.frames.collection import MatchFrames, conform
from offangle_sim.match import DEMO_NAME, TRUTH_FOLDER, write_match
from offangle_sim.order import MatchOrder

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CORPUS: Final = "OFFANGLE_TEST_CORPUS"
"""Names another folder for the matches than the one beside pytest's own cache."""
PLAYED_BY: Final = (
    *("src/offangle_sim", "src/offangle/core", "src/offangle/frames"),
    *("tests/makers/corpus.py", "tests/makers/scripted_match.py", "tests/makers/recorded.py"),
)
PACKED: Final = f"{DEMO_NAME}.zst"


@dataclass(frozen=True)
class PlayedMatch:
    """A match of the corpus; its files are only to be read.

    Attributes:
        folder: As `write_match` left it, but for the recording, which is packed.
        truth: The true tables.
    """

    folder: Path
    truth: MatchFrames

    def demo(self, folder: Path) -> Path:
        """The recording, unpacked into a folder of the test's own."""
        path = folder / DEMO_NAME
        with (self.folder / PACKED).open("rb") as packed, path.open("wb") as file:
            zstandard.ZstdDecompressor().copy_stream(packed, file)
        return path


@dataclass(frozen=True)
class ScriptedDemo:
    """A script's recording, and the truth of it; only to be read."""

    path: Path
    truth: MatchFrames


def played(order: MatchOrder) -> PlayedMatch:
    """The match that an order asks for, and its truth: from the corpus, or played into it now."""
    whole = replace(order, parts=order.parts | {"truth"})
    folder = kept(_described(whole), partial(_play, whole))
    return PlayedMatch(folder, _read_truth(folder / TRUTH_FOLDER))


def scripted(script: Script) -> ScriptedDemo:
    """A match that a script without acts of its own plays: recorded now, or before.

    Raises:
        ValueError: The script has acts, of which nobody knows what they do.
    """
    if script.before_round or script.in_round:
        raise ValueError("a script with acts of its own cannot be kept")
    folder = kept(repr(script).encode(), partial(_record, script))
    return ScriptedDemo(folder / DEMO_NAME, _read_truth(folder / TRUTH_FOLDER))


def kept(key: bytes, make: Callable[[Path], None]) -> Path:
    """The folder that `make` fills, made once for a key and the present code; its files are only to be read."""
    folder = corpus_folder() / _digest(key)
    with _alone(folder):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as place:
                made = Path(place) / "made"
                make(made)
                made.rename(folder)  # what was not finished leaves nothing under its name
    return folder


def corpus_folder() -> Path:
    """Where matches of the present code lie."""
    root = Path(os.environ.get(CORPUS, REPOSITORY / ".pytest_cache" / "matches"))
    folder = root / _digest(_code())
    if not folder.exists():
        root.mkdir(parents=True, exist_ok=True)
        with _alone(root / "corpus"):
            for other in [path for path in root.iterdir() if path.is_dir() and path != folder]:
                shutil.rmtree(other)
            folder.mkdir(exist_ok=True)
    return folder


def _play(order: MatchOrder, folder: Path) -> None:
    write_match(order, folder)
    demo = folder / DEMO_NAME
    if demo.exists():
        with demo.open("rb") as file, (folder / PACKED).open("wb") as packed:
            zstandard.ZstdCompressor(level=1).copy_stream(file, packed)
        demo.unlink()


def _record(script: Script, folder: Path) -> None:
    folder.mkdir()
    match = write_script(folder / DEMO_NAME, script)
    match.keeper.write(folder / TRUTH_FOLDER)


def _read_truth(folder: Path) -> MatchFrames:
    return MatchFrames({path.stem: conform(path.stem, pl.read_parquet(path)) for path in sorted(folder.iterdir())})


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process that holds it."""
    with path.with_name(f"{path.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _described(order: MatchOrder) -> bytes:
    """Everything an order says, in one way only: sets have no order of their own."""
    said = {field.name: getattr(order, field.name) for field in fields(order)}
    return repr({name: _in_order(value) for name, value in said.items()}).encode()


def _in_order(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


@lru_cache(maxsize=1)
def _code() -> bytes:
    """What plays matches: the sources, and what draws lots and keeps tables for them."""
    sources = [path for name in PLAYED_BY for path in _files(REPOSITORY / name)]
    versions = (platform.python_version(), np.__version__, pl.__version__)
    return repr(versions).encode() + b"".join(hashlib.sha256(path.read_bytes()).digest() for path in sources)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]
