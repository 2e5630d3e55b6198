"""When a simulated client posts: buffer, throttle, heartbeat, one post under way, and what a lost one does."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle_sim.gsi.mailbox import FRAME_NS, Mailbox
from offangle_sim.gsi.settings import NS_PER_S, ClientSettings

START_NS = 1_767_290_400 * NS_PER_S
STEP_NS = NS_PER_S // 32
EXACT = ClientSettings(loss_rate=0.0, slow_rate=0.0)


@dataclass
class Bench:
    """A mailbox whose client looks every 1/32 s at a number."""

    settings: ClientSettings = EXACT
    seed: int = 1
    posts: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    now_ns: int = START_NS
    value: int = 0

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.mailbox = Mailbox(lambda ns, body: self.posts.append((ns, body)), {"steamid": "1"}, self.settings, rng)

    def pass_s(self, seconds: float, *, changes: bool = False) -> None:
        for _ in range(round(seconds * NS_PER_S / STEP_NS)):
            self.now_ns += STEP_NS
            self.value += changes
            value = self.value
            self.mailbox.look(self.now_ns, value, lambda value=value: {"map": {"round": value}})  # type: ignore[misc]

    @property
    def said(self) -> list[int]:
        return [body["map"]["round"] for _, body in self.posts]

    @property
    def at_s(self) -> list[float]:
        return [(ns - START_NS) / NS_PER_S for ns, _ in self.posts]


def test_the_first_post_is_full_and_the_next_tells_what_changed() -> None:
    bench = Bench()
    bench.pass_s(1)
    bench.value = 7
    bench.pass_s(1)
    assert bench.said == [0, 7]
    (_, first), (_, second) = bench.posts
    assert list(first) == ["provider", "map", "auth"]
    assert second["previously"] == {"map": {"round": 0}}
    assert list(second) == ["provider", "map", "previously", "auth"]


def test_time_alone_sends_nothing_before_the_heartbeat_which_is_full() -> None:
    bench = Bench()
    bench.pass_s(29)
    assert len(bench.posts) == 1
    bench.pass_s(33)
    assert len(bench.posts) == 3
    assert all("previously" not in body for _, body in bench.posts)
    gaps = np.diff(bench.at_s)
    assert ((gaps >= 30.0) & (gaps < 30.2)).all()


def test_changes_within_the_buffer_are_one_post() -> None:
    bench = Bench()
    bench.pass_s(1)
    bench.pass_s(0.1, changes=True)
    bench.pass_s(1)
    assert bench.said == [0, 3]
    assert bench.posts[1][1]["previously"] == {"map": {"round": 0}}


def test_a_change_that_is_taken_back_within_the_buffer_is_no_news() -> None:
    bench = Bench()
    bench.pass_s(1)
    bench.value = 1
    bench.pass_s(1 / 32)
    bench.value = 0
    bench.pass_s(5)
    assert bench.said == [0]


@pytest.mark.parametrize("throttle_s", [0.1, 0.5])
def test_posts_keep_throttle_and_buffer_apart(throttle_s: float) -> None:
    bench = Bench(ClientSettings(loss_rate=0.0, slow_rate=0.0, throttle_s=throttle_s))
    bench.pass_s(60, changes=True)
    gaps = np.diff(bench.at_s)
    assert gaps.min() >= throttle_s + 0.1 - FRAME_NS / NS_PER_S - 0.15  # an earlier post may have been under way longer
    assert np.median(gaps) == pytest.approx(throttle_s + 0.1 + 0.045, abs=0.04)


def test_a_lost_post_makes_the_next_heartbeat_a_full_state() -> None:
    bench = Bench(ClientSettings(loss_rate=1.0, slow_rate=0.0))
    bench.pass_s(1)
    bench.mailbox._settings = EXACT
    bench.pass_s(27, changes=True)
    assert bench.posts == []
    bench.pass_s(8)
    assert bench.said == [bench.value]
    assert "previously" not in bench.posts[0][1]
    bench.value += 1
    bench.pass_s(1)
    assert bench.posts[1][1]["previously"] == {"map": {"round": bench.value - 1}}


def test_a_game_that_was_started_anew_tells_nothing_of_before() -> None:
    bench = Bench()
    bench.pass_s(1)
    bench.mailbox.forget()
    bench.value = 3
    bench.pass_s(1)
    assert bench.said == [0, 3]
    assert "previously" not in bench.posts[1][1]


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.2), st.floats(0.0, 0.5))
def test_posts_arrive_in_order_up_to_three_seconds_after_their_time_stamp(
    seed: int, loss_rate: float, slow_rate: float
) -> None:
    bench = Bench(ClientSettings(loss_rate=loss_rate, slow_rate=slow_rate), seed=seed)
    bench.pass_s(20, changes=True)
    bench.pass_s(40)
    times = [ns for ns, _ in bench.posts]
    assert times == sorted(set(times))
    late_s = [ns / NS_PER_S - body["provider"]["timestamp"] for ns, body in bench.posts]
    assert all(0.0 < late <= 4.0 for late in late_s)
    stamps = [body["provider"]["timestamp"] for _, body in bench.posts]
    assert stamps == sorted(stamps)
