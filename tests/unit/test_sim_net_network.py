"""What clients show: a perfect server exactly, an old one behind a delay, a guess where packets are missing."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.network_walk import SPEED_U_S, TICK_RATE, Walk
from offangle.core.errors import BadInputError
from offangle_sim.net.links import LONGEST_DELAY_MS, NETWORKS, PERFECT_LINK, Link, links_of
from offangle_sim.net.network import MAX_UNLAG_S, Network, Outage
from offangle_sim.net.packets import COMMAND_CUSHION_JITTERS
from offangle_sim.net.schedule import CLOCK_CORRECTION_MS, EXTRAPOLATION_MAX_S, OLDEST_SHOWN_TICKS

STEADY = Link(delay_ms=31.25, interpolation_ticks=1.0)  # two ticks each way


def two(link: Link) -> dict[int, Link]:
    """A client with the link in slot 0, and a perfect one in slot 1."""
    return {0: link, 1: PERFECT_LINK}


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_a_perfect_network_shows_what_the_server_decided(seed: int) -> None:
    walk = Walk(dict.fromkeys((3, 5, 8), PERFECT_LINK), seed=seed)
    for tick in range(1, 60):
        walk.health[tick % 3] = tick % 40
        walk.one_tick()
        state, network = walk.states[-1], walk.network
        for slot in (3, 5, 8):
            assert (network.displayed_positions(slot) == state.position).all()
            assert (network.rewound_positions(slot) == state.position).all()
            assert (network.displayed_views(slot) == state.view).all()
            assert (network.displayed_alive(slot) == state.is_alive).all()
            assert (network.displayed_health(slot) == state.health).all()
            assert network.render_time(slot) == (tick, 0.0)
            assert network.has_command(slot)
            assert network.is_received(slot)
            assert network.ping_ms(slot) == 0


@given(
    st.floats(0.0, 120.0), st.floats(1.0, 4.0), st.sampled_from([1, 2, 4]), st.floats(-10.0, 0.0), st.integers(0, 99)
)
@settings(max_examples=25, deadline=None)
def test_behind_a_delay_a_client_shows_the_server_as_it_was(
    delay_ms: float, interpolation: float, batch: int, clock_ms: float, seed: int
) -> None:
    link = Link(delay_ms=delay_ms, interpolation_ticks=interpolation, batch_ticks=batch, clock_offset_ms=clock_ms)
    walk = Walk(two(link), seed=seed)
    behind = 2 * delay_ms * TICK_RATE / 1000 + batch - 1 + interpolation - clock_ms * TICK_RATE / 1000
    for tick in range(1, 90):
        walk.one_tick()
        shown = walk.network.displayed_positions(0)
        assert shown[1] == pytest.approx(walk.place(tick - behind, 1), abs=1e-6)
        assert (shown[0] == walk.states[-1].position[0]).all()
        render_tick, fraction = walk.network.render_time(0)
        assert render_tick + fraction == pytest.approx(max(tick - behind, 0.0))


def test_health_and_life_are_as_in_the_newest_update() -> None:
    walk = Walk(two(STEADY))
    walk.run(50)
    walk.health[1] = 0
    told = []
    for _ in range(6):
        walk.one_tick()
        told.append((bool(walk.network.displayed_alive(0)[1]), int(walk.network.displayed_health(0)[1])))
    assert told == [(True, 100)] * 4 + [(False, 0)] * 2


def test_yaw_turns_the_short_way() -> None:
    walk = Walk(two(Link(interpolation_ticks=0.5)), turns=0.0)
    walk.heading[:] = math.radians(179.0)
    walk.one_tick()
    walk.heading[:] = math.radians(-177.0)
    walk.one_tick()
    assert abs(walk.network.displayed_views(0)[1, 1]) == pytest.approx(179.0)
    assert walk.network.displayed_views(0)[0, 1] == pytest.approx(-177.0)


def test_nobody_is_shown_on_the_way_of_a_teleport() -> None:
    walk = Walk(two(Link(interpolation_ticks=1.5)), turns=0.0, still=(1,))
    walk.run(20)
    before = walk.position[1].copy()
    walk.position[1] += 500.0
    seen = set()
    for _ in range(4):
        walk.one_tick()
        seen.add(tuple(walk.network.displayed_positions(0)[1]))
    assert seen == {tuple(before), tuple(before + 500.0)}


@pytest.mark.parametrize(
    ("lost_ticks", "moves_s"),
    [(1, 0.0), (2, 1 / 64), (10, 9 / 64), (40, EXTRAPOLATION_MAX_S), (400, EXTRAPOLATION_MAX_S)],
)
def test_without_updates_others_go_on_for_a_while_and_then_stand(lost_ticks: int, moves_s: float) -> None:
    last = 100 + lost_ticks - 1
    walk = Walk(two(STEADY), turns=0.0, outages=(Outage(0, 100, last, "down"),))
    walk.run(last + 4)  # the round trip: the next frame has the first update after the outage
    shown = walk.network.displayed_positions(0)[1]
    assert shown == pytest.approx(walk.states[98].position[1] + walk.velocity[1] * moves_s, abs=1e-6)
    walk.run(3)
    assert walk.network.displayed_positions(0)[1] == pytest.approx(walk.place(walk.tick - 5, 1), abs=1e-6)


def test_who_waits_too_long_sees_the_last_frame_again() -> None:
    walk = Walk(two(STEADY), outages=(Outage(0, 100, 2000, "down"),))
    walk.run(100 + OLDEST_SHOWN_TICKS)
    frozen = walk.network.displayed_positions(0).copy()
    walk.run(1000)
    assert (walk.network.displayed_positions(0) == frozen).all()
    walk.run(1000)
    assert walk.network.displayed_positions(0)[1] == pytest.approx(walk.place(walk.tick - 5, 1), abs=1e-6)


def test_a_lost_command_puts_the_prediction_off_for_one_round_trip() -> None:
    walk = Walk(two(STEADY), turns=0.0, outages=(Outage(0, 100, 101, "up"),))
    walk.run(98)
    off = []
    for _ in range(8):
        if walk.tick == 99:
            walk.heading[0] += math.pi  # turns back, of which the server hears two ticks late
        walk.one_tick()
        shown, state = walk.network.displayed_positions(0)[0], walk.states[-1]
        off.append(float(np.linalg.norm(shown - state.position[0])))
    step = 2 * SPEED_U_S / TICK_RATE
    expected = [0.0, step, 2 * step, 2 * step, 2 * step, step, 0.0, 0.0]
    assert off == pytest.approx(expected, abs=1e-9)
    others = walk.network.displayed_positions(1)[0]
    assert (others == walk.states[-1].position[0]).all()


def test_commands_come_in_time_on_a_steady_line_and_mostly_on_a_shaky_one() -> None:
    shaky = Link(delay_ms=20.0, jitter_ms=8.0)
    walk = Walk({0: STEADY, 1: shaky, 2: replace(shaky, loss=0.1)})
    came = np.zeros(3)

    def count(walk: Walk) -> None:
        nonlocal came
        came += [walk.network.has_command(slot) for slot in range(3)]

    walk.after_tick = count
    walk.run(3000)
    assert came[0] == 3000
    assert 2900 < came[1] < 3000
    assert came[2] == pytest.approx(0.9 * came[1], rel=0.03)


@pytest.mark.parametrize("ppm", [200.0, -200.0])
def test_a_clock_that_drifts_is_set_anew(ppm: float) -> None:
    walk = Walk(two(replace(STEADY, clock_drift_ppm=ppm)))
    limit = CLOCK_CORRECTION_MS * TICK_RATE / 1000
    errors = []
    for tick in range(1, 12000):
        walk.one_tick()
        render, fraction = walk.network.render_time(0)
        if tick > 10:
            errors.append(render + fraction - (tick - 5))
    per_tick = np.diff(errors)
    assert np.median(per_tick) == pytest.approx(ppm * 1e-6, rel=1e-3)
    assert np.abs(errors).max() == pytest.approx(limit, rel=1e-2)
    assert (np.abs(per_tick) > limit / 2).sum() == 1


def test_the_server_turns_time_back_to_what_the_client_shows_within_limits() -> None:
    near, far = Link(delay_ms=50.0, interpolation_ticks=1.5), Link(delay_ms=150.0, interpolation_ticks=1.5)
    walk = Walk({0: near, 1: far, 2: PERFECT_LINK}).run(90)
    network, state = walk.network, walk.states[-1]
    assert network.rewound_positions(0)[1:] == pytest.approx(network.displayed_positions(0)[1:], abs=1e-6)
    assert network.rewound_positions(1)[2] == pytest.approx(walk.place(90 - MAX_UNLAG_S * TICK_RATE, 2), abs=1e-6)
    for row in (0, 1):
        assert (network.rewound_positions(row)[row] == state.position[row]).all()


def test_inputs_say_which_moment_was_looked_at() -> None:
    walk = Walk(two(Link(delay_ms=50.0, interpolation_ticks=1.5))).run(90)
    walk.network.begin_tick(91)
    views = ((1.0, 10.0), (2.0, 20.0))
    early, late = walk.network.inputs(0, views, lambda tick: 1000 + tick)
    behind = 2 * 50.0 * 0.064 + 1.5
    assert late.render_tick + late.render_fraction == pytest.approx(1090 - behind)
    assert early.render_tick + early.render_fraction == pytest.approx(1089.5 - behind)
    assert (early.player_tick, early.player_fraction) == (1089, 0.5)
    assert (late.player_tick, late.player_fraction) == (1090, 0.0)
    assert (late.pitch_deg, late.yaw_deg) == views[1]
    render_tick, fraction = walk.network.render_time(0)
    assert (late.render_tick, late.render_fraction) == (1000 + render_tick, fraction)


def test_ping_is_the_round_trip_of_the_last_second() -> None:
    jitter = 4.0
    walk = Walk(two(Link(delay_ms=40.0, jitter_ms=jitter))).run(1)
    assert walk.network.ping_ms(0) == 80
    walk.run(199)
    assert 80 < walk.network.ping_ms(0) < 80 + 2 * COMMAND_CUSHION_JITTERS * jitter


def frames(walk: Walk, ticks: int) -> list[bytes]:
    found = []
    for _ in range(ticks):
        walk.one_tick()
        found.append(walk.network.displayed_positions(0).tobytes())
    return found


def test_the_same_seed_gives_the_same_frames() -> None:
    links = links_of("bad", range(4), np.random.default_rng(5))
    assert links == links_of("bad", range(4), np.random.default_rng(5))
    assert frames(Walk(links), 1200) == frames(Walk(links), 1200)
    assert frames(Walk(links), 200) != frames(Walk(links, seed=2), 200)


def test_a_clients_packets_do_not_depend_on_the_other_clients() -> None:
    links = links_of("bad", range(4), np.random.default_rng(5))
    alone, beside = (Network((0, 1), {0: links[0], 1: other}, 9) for other in (links[1], PERFECT_LINK))
    for name in ("newest", "lower", "upper", "fraction", "has_command"):
        assert (getattr(alone.block, name)[:, 0] == getattr(beside.block, name)[:, 0]).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_line_ups(name: str) -> None:
    links = links_of(name, range(10), np.random.default_rng(1))
    assert list(links) == list(range(10))
    kinds = sorted(link.connection for link in links.values())
    if name == "mixed":
        assert [kind for kind in kinds if kind not in {"fibre", "cable"}] == ["bursty", "far", "wifi"]
    assert set(links_of(name, (4, 7), np.random.default_rng(1))) == {4, 7}


def test_an_unknown_line_up_is_refused() -> None:
    with pytest.raises(BadInputError, match="no network is called 'dreadful'"):
        links_of("dreadful", range(2), np.random.default_rng(1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay_ms": -1.0},
        {"delay_ms": LONGEST_DELAY_MS + 1},
        {"loss": 0.6, "loss_burst": 1.0},
        {"loss_burst": 0.5},
        {"batch_ticks": 3},
        {"reorder": 1.1},
        {"jitter_ms": math.nan},
    ],
)
def test_links_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match=r"a link's \w+ must"):
        Link(**wrong)  # type: ignore[arg-type]


def test_ticks_follow_each_other() -> None:
    walk = Walk(two(STEADY)).run(3)
    with pytest.raises(BadInputError, match="tick 5 cannot begin"):
        walk.network.begin_tick(5)
    with pytest.raises(BadInputError, match="tick 3 cannot end"):
        walk.network.end_tick(3, walk.states[-1])
    walk.network.begin_tick(4)
    with pytest.raises(BadInputError, match="tick 5 cannot begin"):
        walk.network.begin_tick(5)


def test_everybody_needs_a_link() -> None:
    with pytest.raises(BadInputError, match=r"slots \[2\] have no link"):
        Network((1, 2), {1: STEADY}, 1)
