"""Live posts of twenty simulated matches, folded as `offangle gsi reduce` does, tell what was played."""

from collections.abc import Callable
from pathlib import Path

import pytest

from makers.gsi_truth import compare, read_posts
from offangle_sim.match import write_match
from offangle_sim.order import MatchOrder, parts_of

SEEDS = range(1, 21)
ROUNDS = 2


@pytest.mark.parametrize("seed", SEEDS)
def test_every_player_s_stream_tells_his_match(
    tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    parts = parts_of(["gsi", "truth"])
    truth = write_match(MatchOrder(seed=seed, max_rounds=ROUNDS, rounds=ROUNDS, network="local", parts=parts), tmp_path)
    found = [compare(read_posts(path), truth, int(path.stem)) for path in sorted((tmp_path / "gsi").glob("*.jsonl"))]
    assert len(found) == 10
    whole = sum(found[1:], start=found[0])
    assert whole.is_exact, whole.problems
    assert (whole.precision("high") or 0.0) >= 0.98
    record_property("recall", whole.recall())
