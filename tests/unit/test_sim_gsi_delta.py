"""What a simulated post says of the one before it, held to its plain definition and to a real recording."""

import itertools
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle_sim.gsi.delta import claims

Body = dict[str, Any]
LEAVES = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["live", "over"]))
BLOCKS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), st.one_of(LEAVES, inner), max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(["map", "round", "player"]), BLOCKS)


def undone(now: Body, told: Body, before: Body) -> Body:
    """The state before, from the state now and what is told of it; blocks of the first level as they were."""
    found = deepcopy({name: block for name, block in now.items() if name in before})
    _remove(found, told.get("added", {}))
    _restore(found, told.get("previously", {}))
    for name, block in before.items():
        if name not in now:
            assert found.pop(name) is True
            found[name] = block
    return found


def _remove(block: Body, added: Body) -> None:
    for key, inner in added.items():
        if inner is True:
            del block[key]
        else:
            _remove(block[key], inner)


def _restore(block: Body, previously: Body) -> None:
    for key, old in previously.items():
        if isinstance(old, dict) and isinstance(block.get(key), dict):
            _restore(block[key], old)
        else:
            block[key] = old


@given(BODIES, BODIES)
def test_the_state_before_follows_from_the_state_now_and_what_is_told(before: Body, now: Body) -> None:
    told = claims(before, now)
    assert set(told) <= {"previously", "added"}
    assert all(told.values())
    assert undone(now, told, before) == before


@given(BODIES)
def test_nothing_is_told_of_what_did_not_change(body: Body) -> None:
    assert claims(body, deepcopy(body)) == {}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({"player": {"a": 1}}, {"map": {"b": 1}}, {"previously": {"player": True}}),
        ({"map": {"b": 1}}, {"map": {"b": 1}, "round": {"phase": "live"}}, {}),
        ({"round": {"phase": "live"}}, {"round": {"phase": "live", "bomb": "planted"}},
         {"added": {"round": {"bomb": True}}}),
        ({"player": {"weapons": {"weapon_0": {"name": "k"}}}}, {"player": {"weapons": {}}},
         {"previously": {"player": {"weapons": {"weapon_0": {"name": "k"}}}}}),
        ({"player": {"weapons": {}}}, {"player": {"weapons": {"weapon_0": {"name": "k"}}}},
         {"added": {"player": {"weapons": {"weapon_0": True}}}}),
        ({"player": {"a": 1, "state": {"b": 1}}}, {"player": {"a": 1}},
         {"previously": {"player": {"state": {"b": 1}}}}),
        ({"player": {"a": False}}, {"player": {"a": 0}}, {}),
    ],
)  # fmt: skip
def test_edges(before: Body, now: Body, told: Body) -> None:
    assert claims(before, now) == told


def test_what_changed_is_told_before_what_is_new_within_one_block() -> None:
    told = claims({"player": {"money": 800}}, {"player": {"defusekit": True, "money": 400}})
    assert list(told) == ["previously", "added"]


def test_blocks_are_told_in_the_order_of_the_post() -> None:
    before = {"round": {"phase": "live"}, "player": {"money": 1}}
    told = claims(before, {"round": {"phase": "live", "bomb": "planted"}, "player": {"money": 2}})
    assert list(told) == ["added", "previously"]


@pytest.mark.shared
def test_every_delta_of_a_real_recording_is_told_letter_by_letter(shared_data: Path) -> None:
    lines = (shared_data / "gsi" / "cs2_player_build14108.jsonl").read_text(encoding="utf-8").splitlines()
    bodies = [json.loads(line)["body"] for line in lines]
    told = 0
    for before, now in itertools.pairwise(bodies):
        recorded = {name: now[name] for name in now if name in ("previously", "added")}
        if recorded:  # others are full states
            assert json.dumps(claims(before, now)) == json.dumps(recorded)
            told += 1
    assert told == 164
