"""Live posts of twenty simulated matches, folded as `offangle gsi reduce` does, tell what was played."""

from collections.abc import Callable

import pytest

from makers.corpus import played
from makers.gsi_truth import compare, read_posts
from makers.simulated_orders import SEEDS, plain, seeded
from offangle_sim.order import MatchOrder, parts_of

SHORTEST = range(1, 9)
ROUNDS = 2
SHARED = [order for order in map(seeded, SEEDS) if "gsi" in order.parts] + [plain(seed) for seed in range(15, 21)]
"""Matches of `test_sim_matches`, over several networks, and of `test_sim_analysis`, with a change of sides."""


def shortest(seed: int) -> MatchOrder:
    parts = parts_of(["gsi", "truth"])
    return MatchOrder(seed=seed, max_rounds=ROUNDS, rounds=ROUNDS, network="local", parts=parts)


def str_of(order: MatchOrder) -> str:
    return f"{order.seed}-{order.network}-{order.rounds}-{order.max_rounds}"


def test_there_are_twenty() -> None:
    assert len({*map(shortest, SHORTEST), *SHARED}) == 20


@pytest.mark.parametrize("order", [*map(shortest, SHORTEST), *SHARED], ids=str_of)
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
