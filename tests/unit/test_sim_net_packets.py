"""Packets and frames against the plain slow definition."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offangle_sim.net.links import BATCHES, CONNECTIONS, Link
from offangle_sim.net.packets import BLOCK_TICKS, ClientLine, LossProcess, Outage, round_trip_ticks
from offangle_sim.net.schedule import EXTRAPOLATION_MAX_S, OLDEST_SHOWN_TICKS, Schedule

TICK_RATE = 64


@st.composite
def links(draw: st.DrawFn) -> Link:
    return Link(
        delay_ms=draw(st.floats(0.0, 150.0)),
        jitter_ms=draw(st.floats(0.0, 20.0)),
        loss=draw(st.sampled_from([0.0, 0.02, 0.2])),
        loss_burst=draw(st.sampled_from([1.0, 3.0, 20.0])),
        reorder=draw(st.sampled_from([0.0, 0.05])),
        batch_ticks=draw(st.sampled_from(BATCHES)),
        interpolation_ticks=draw(st.floats(0.0, 3.0)),
        clock_offset_ms=draw(st.floats(-20.0, 20.0)),
        clock_drift_ppm=draw(st.floats(-100.0, 100.0)),
    )


def received_by(frame: int, arrivals: dict[int, float]) -> list[int]:
    """What a client has taken by a frame: packets in order of arrival, none that is older than one it has."""
    taken: list[int] = []
    for tick, arrival in sorted(arrivals.items(), key=lambda item: (item[1], item[0])):
        if arrival <= frame + 1e-6 and (not taken or tick > taken[-1]):
            taken.append(tick)
    return taken


def slow_frame(link: Link, frame: int, taken: list[int]) -> tuple[int, int, int, float, float]:
    """The newest update, those around the time shown, how far between, and how far beyond, in seconds."""
    behind = round_trip_ticks(link, TICK_RATE) + link.batch_ticks - 1 + link.interpolation_ticks
    clock_ms = link.clock_offset_ms + link.clock_drift_ppm * 1e-6 * frame * 1000 / TICK_RATE
    render = min(frame - behind + clock_ms * TICK_RATE / 1000, float(frame))
    lower = max(tick for tick in taken if tick <= render)
    later = [tick for tick in taken if tick > render]
    if later:
        upper = min(later)
        return taken[-1], lower, upper, (render - lower) / (upper - lower), 0.0
    return taken[-1], lower, lower, 0.0, min((render - lower) / TICK_RATE, EXTRAPOLATION_MAX_S)


@given(links(), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_frames_are_those_of_a_client_that_takes_packets_one_by_one(link: Link, seed: int) -> None:
    schedule = Schedule([4], [link], seed, TICK_RATE, ())
    line = ClientLine(link, TICK_RATE, (seed, 4), [])
    drawn = [line.take(at * BLOCK_TICKS) for at in range(3)]
    arrivals = dict(enumerate(np.concatenate([part[0] for part in drawn]).tolist()))
    for block in (schedule.next_block(), schedule.next_block()):
        assert (block.has_command[:, 0] == drawn[block.first // BLOCK_TICKS][1]).all()
        for at in range(300, BLOCK_TICKS, 97):
            frame = block.first + at
            near = {tick: arrival for tick, arrival in arrivals.items() if frame - 400 < tick <= frame}
            taken = received_by(frame, near)
            if not taken or taken[0] > frame - 200 or frame - taken[-1] > OLDEST_SHOWN_TICKS - 40:
                continue
            newest, lower, upper, fraction, ahead_s = slow_frame(link, frame, taken)
            assert block.newest[at, 0] == newest
            assert (block.lower[at, 0], block.upper[at, 0]) == (lower, upper)
            assert block.fraction[at, 0] == pytest.approx(fraction, abs=1e-9)
            assert block.ahead_s[at, 0] == pytest.approx(ahead_s, abs=1e-9)


@pytest.mark.parametrize(("loss", "burst"), [(0.01, 1.0), (0.05, 12.0), (0.3, 4.0)])
def test_losses_have_their_share_and_come_in_bursts(loss: float, burst: float) -> None:
    process = LossProcess(loss, burst, np.random.default_rng(1))
    lost = np.concatenate([process.take(1000) for _ in range(400)])
    assert lost.mean() == pytest.approx(loss, rel=0.1)
    begins = np.count_nonzero(np.diff(lost.astype(int)) == 1)
    assert lost.sum() / begins == pytest.approx(burst, rel=0.1)


def test_nothing_is_lost_where_nothing_is_to_be_lost() -> None:
    assert not LossProcess(0.0, 1.0, np.random.default_rng(1)).take(5000).any()


def test_packets_keep_their_order_unless_they_are_overtaken() -> None:
    link = Link(delay_ms=20.0, jitter_ms=15.0)
    arrivals = np.concatenate([ClientLine(link, TICK_RATE, (1, 1), []).take(0)[0]])
    assert (np.diff(arrivals) >= -1e-9).all()
    overtaken = ClientLine(replace(link, jitter_ms=0.5, reorder=0.05), TICK_RATE, (1, 1), []).take(0)[0]
    assert 20 < np.count_nonzero(np.diff(overtaken) < 0) < 90


@pytest.mark.parametrize("batch", BATCHES)
def test_updates_of_a_packet_come_and_are_lost_together(batch: int) -> None:
    link = Link(delay_ms=10.0, jitter_ms=3.0, loss=0.2, batch_ticks=batch)
    arrivals = ClientLine(link, TICK_RATE, (1, 1), []).take(0)[0].reshape(-1, batch)
    assert (arrivals == arrivals[:, -1:]).all()
    assert np.isinf(arrivals[:, 0]).mean() == pytest.approx(0.2, abs=0.08)


@pytest.mark.parametrize(("way", "down", "up"), [("down", 5, 0), ("up", 0, 5), ("both", 5, 5)])
def test_an_outage_loses_what_it_covers(way: str, down: int, up: int) -> None:
    line = ClientLine(Link(), TICK_RATE, (1, 1), [Outage(1, 1022, 1026, way)])  # type: ignore[arg-type]
    frames, in_time = (np.concatenate(parts) for parts in list(zip(line.take(0), line.take(1024), strict=True))[:2])
    assert np.isinf(frames).sum() == down
    assert (~in_time).sum() == up
    lost = frames if down else np.where(in_time, 0.0, math.inf)
    assert np.flatnonzero(np.isinf(lost)).tolist() == [1022, 1023, 1024, 1025, 1026]


@pytest.mark.parametrize("name", CONNECTIONS)
def test_connections_give_links_that_can_be(name: str) -> None:
    rng = np.random.default_rng(3)
    for slot in range(50):
        link = CONNECTIONS[name].link(name, slot, rng)
        assert link.connection == name
        assert link.host == f"home-{slot:02d}"
