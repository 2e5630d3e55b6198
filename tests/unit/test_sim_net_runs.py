"""Stretches of frames against the plain slow definition, however they are cut into chunks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle_sim.net.packets import Booleans, Floats
from offangle_sim.perspectives.runs import Run, RunFinder

PAIRS, SHORTEST = 4, (2, 1)


def slow_runs(holds: Booleans, size: Floats) -> set[tuple[int, int, int, int | None, float]]:
    """Condition, pair, first frame, end and largest size of each stretch; frames count from 1."""
    found = set()
    for condition, shortest in enumerate(SHORTEST):
        for pair in range(PAIRS):
            frame = 0
            while frame < len(holds):
                end = frame
                while end < len(holds) and holds[end, condition, pair]:
                    end += 1
                if end - frame >= shortest:
                    closed = end + 1 if end < len(holds) else None
                    found.add((condition, pair, frame + 1, closed, float(size[frame:end, pair].max())))
                frame = max(end, frame + 1)
    return found


def plain(runs: list[Run]) -> set[tuple[int, int, int, int | None, float]]:
    return {(run.condition, run.pair, run.first, run.end, run.largest_u) for run in runs}


@given(st.integers(0, 10_000), st.integers(1, 60), st.lists(st.integers(1, 59), max_size=5), st.floats(0.1, 0.9))
@settings(max_examples=60, deadline=None)
def test_stretches_are_found_across_chunks(seed: int, frames: int, cuts: list[int], share: float) -> None:
    rng = np.random.default_rng(seed)
    holds = rng.random((frames, len(SHORTEST), PAIRS)) < share
    size, angle = rng.uniform(0, 100, (frames, PAIRS)), rng.uniform(0, 180, (frames, PAIRS))
    finder = RunFinder(PAIRS, SHORTEST)
    found: list[Run] = []
    borders = sorted({0, frames, *(cut for cut in cuts if cut < frames)})
    for start, end in pairwise(borders):
        found += finder.feed(start + 1, holds[start:end], size[start:end], angle[start:end])
    found += finder.finish(frames + 1)
    assert plain(found) == slow_runs(holds, size)
    for run in found:
        last = frames if run.end is None else run.end - 1
        assert run.largest_deg == angle[run.first - 1 : last, run.pair].max()


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("....", []),
        (".#..", []),
        (".##.", [(2, 4)]),
        ("##..", [(1, 3)]),
        ("..##", [(3, None)]),
        ("...#", []),
        ("####", [(1, None)]),
        ("#.##", [(3, None)]),
    ],
)
def test_edges(held: str, expected: list[tuple[int, int | None]]) -> None:
    holds = np.array([[[mark == "#"]] for mark in held])
    size = np.ones((len(held), 1))
    finder = RunFinder(1, (2,))
    runs = finder.feed(1, holds, size, np.full_like(size, np.nan)) + finder.finish(len(held) + 1)
    assert [(run.first, run.end) for run in runs] == expected
    assert all(np.isnan(run.largest_deg) for run in runs)
