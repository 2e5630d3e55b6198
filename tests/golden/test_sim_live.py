"""Live posts of twenty simulated matches, folded as `offangle gsi reduce` does, tell what was played."""

from collections.abc import Callable

import pytest

from makers.corpus import played
from makers.gsi_truth import compare, read_posts
from makers.simulated_orders import plain
from offangle_sim.order import MatchOrder, parts_of

SHORTEST = range(1, 15)
ROUNDS = 2
SHARED = range(15, 21)
"""Longer by a change of sides; those of `test_sim_analysis`."""


def shortest(seed: int) -> MatchOrder:
    parts = parts_of(["gsi", "truth"])
    return MatchOrder(seed=seed, max_rounds=ROUNDS, rounds=ROUNDS, network="local", parts=parts)


@pytest.mark.parametrize("order", [*map(shortest, SHORTEST), *map(plain, SHARED)], ids=lambda order: f"{order.seed}")
def test_every_player_s_stream_tells_his_match(
    order: MatchOrder, record_property: Callable[[str, object], None]
) -> None:
    match = played(order)
    streams = sorted((match.folder / "gsi").glob("*.jsonl"))
    found = [compare(read_posts(path), match.truth, int(path.stem)) for path in streams]
    assert len(found) == 10
    whole = sum(found[1:], start=found[0])
    assert whole.is_exact, whole.problems
    assert (whole.precision("high") or 0.0) >= 0.98
    record_property("recall", whole.recall())
