"""Where matches come from: real ones from zips, simulated ones from folders or played here; each gives its values.

Matches are read or played in processes of their own, and only the values come back.
"""

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, Literal, TypeAlias

import polars as pl

from distributions.aim import SIGHTS
from distributions.match import LineOfSight
from distributions.metrics import metrics_of
from offangle.frames.collection import MatchFrames, conform
from offangle.frames.registry import TABLES
from offangle.parsing.reader import read_match_file
from offangle_sim.order import LOCAL_NETWORK, MatchOrder
from offangle_sim.world.arena import ARENA_NAMES, arena
from offangle_sim.world.geometry import TriangleMesh, read_tri

Kind = Literal["pro", "league", "simulated"]
MatchValues: TypeAlias = dict[str, list[float]]

REAL_KINDS: Final[tuple[Kind, ...]] = ("pro", "league")
TRUTH: Final = "truth"
MATCHES: Final = "matches"
MAPS: Final = "maps"


@dataclass(frozen=True, slots=True)
class RealMatch:
    """A zip of a real match.

    Attributes:
        kind: Who plays.
        path: The zip; two folders above it lie the maps' triangles, where there are any.
    """

    kind: Kind
    path: Path

    @property
    def name(self) -> str:
        """Tells it from other matches."""
        return self.path.stem

    def values(self) -> MatchValues:
        """Read the match and measure it."""
        frames = read_match_file(self.path, "match_zip")
        triangles = self.path.parents[2] / MAPS / f"{frames.map_name}.tri"
        return metrics_of(frames, line_of_sight=_real_sight(triangles))


@dataclass(frozen=True, slots=True)
class WrittenMatch:
    """A folder of truth tables that `offangle sim match` wrote."""

    path: Path
    kind: Kind = "simulated"

    @property
    def name(self) -> str:
        """Tells it from other matches."""
        return f"written-{self.path.absolute().parent.name}"

    def values(self) -> MatchValues:
        """Read the tables and measure them."""
        return simulated_values(read_truth(self.path))


@dataclass(frozen=True, slots=True)
class PlayedMatch:
    """A match to be played now."""

    seed: int
    kind: Kind = "simulated"

    @property
    def name(self) -> str:
        """Tells it from other matches."""
        return f"played-{self.seed:05d}"

    def values(self) -> MatchValues:
        """Play the match without writing it and measure it."""
        from offangle_sim.match import play_truth  # noqa: PLC0415 -- real matches are measured without the simulator

        return simulated_values(play_truth(MatchOrder(seed=self.seed, network=LOCAL_NETWORK)))


Source: TypeAlias = RealMatch | WrittenMatch | PlayedMatch


def real_matches(shared_data: Path) -> list[RealMatch]:
    """The zips below `matches/pro` and `matches/league`."""
    return [
        RealMatch(kind, path) for kind in REAL_KINDS for path in sorted((shared_data / MATCHES / kind).glob("*.zip"))
    ]


def written_matches(folder: Path) -> list[WrittenMatch]:
    """Every `truth` folder in or below `folder`."""
    return [WrittenMatch(path) for path in sorted([*folder.glob(TRUTH), *folder.glob(f"*/{TRUTH}")])]


def read_truth(folder: Path) -> MatchFrames:
    """The tables of one simulated match from their parquet files."""
    tables = {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    declared = {name: conform(name, table) for name, table in tables.items() if name in TABLES}
    return MatchFrames(declared | ({SIGHTS: tables[SIGHTS]} if SIGHTS in tables else {}))


def simulated_values(frames: MatchFrames) -> MatchValues:
    """Measure a simulated match, through the geometry of its map where that is one of ours."""
    world = arena(frames.map_name) if frames.map_name in ARENA_NAMES else None
    return metrics_of(frames, line_of_sight=None if world is None else world.line_of_sight)


@lru_cache(maxsize=4)
def _real_sight(triangles: Path) -> LineOfSight | None:
    """Through a map's triangles; None where there are none."""
    if not triangles.is_file():
        return None
    mesh = TriangleMesh(read_tri(triangles))
    return lambda starts, ends: ~mesh.blocked(starts, ends)


def measured(sources: Sequence[Source], processes: int) -> Iterator[tuple[Source, MatchValues]]:
    """The values of every match as they come in.

    Raises:
        Exception: whatever a match could not be read or played for; the first ends all.
    """
    # Spawned, as a fork of a process whose libraries have threads may hang.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(partial(_values, source)): source for source in sources}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _values(source: Source) -> MatchValues:
    return source.values()


def pooled(matches: Iterable[Mapping[str, Sequence[float]]]) -> MatchValues:
    """The values of many matches together, by measure."""
    together: MatchValues = {}
    for match in matches:
        for name, values in match.items():
            together.setdefault(name, []).extend(values)
    return together
