"""Agents move as the game lets them, see what is there to see, and throw where they mean to."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.simulated import a_game
from offangle_sim.play import motion, sight
from offangle_sim.play.agent import Agent, angles_to, turn
from offangle_sim.play.ballistics import Flight, aimed_throw, landing, throw_velocity
from offangle_sim.play.game import Game
from offangle_sim.play.ground import Ground, ground_of, post_plant_spots, survey
from offangle_sim.play.stage import Cloud, Stage
from offangle_sim.world.arena import arena

WORLD = arena("of_quarry")
FUSE_TICKS = 104


@pytest.fixture(scope="module")
def game() -> Game:
    return a_game()


@pytest.fixture
def agent(game: Game) -> Agent:
    found = game.stage.agents[0]
    game.rounds.spawn_at(found, WORLD.spawns["t"][0].position, 90.0)
    game.stage.smokes.clear()
    return found


def run(stage: Stage, agent: Agent, ticks: int) -> None:
    for _ in range(ticks):
        motion.step(stage, agent)


def test_full_speed_is_reached_and_lost_as_in_the_game(game: Game, agent: Agent) -> None:
    agent.wish_x, agent.wish_y = 0.0, agent.max_speed
    run(game.stage, agent, 64)
    assert agent.speed == pytest.approx(agent.max_speed, rel=0.03)
    for _ in range(11):  # a counter-strafe takes about a tenth of a second
        motion.brake(agent)
        motion.step(game.stage, agent)
    assert agent.speed < 0.34 * agent.max_speed


def test_walking_is_half_as_fast(game: Game, agent: Agent) -> None:
    motion.go(game.stage, agent, WORLD.sites["a"].middle, pace="walk")
    for _ in range(64):
        motion.steer(game.stage, agent)
        motion.step(game.stage, agent)
    assert agent.speed == pytest.approx(agent.max_speed * motion.WALK_SHARE, rel=0.05)


@pytest.mark.parametrize("site", ["a", "b"])
def test_whoever_sets_out_arrives(game: Game, agent: Agent, site: str) -> None:
    stage = game.stage
    goal = stage.ground.sites["a" if site == "a" else "b"]
    motion.halt(agent)
    motion.go(stage, agent, goal)
    for _ in range(64 * 40):
        motion.steer(stage, agent)
        motion.step(stage, agent)
        if motion.has_arrived(agent):
            break
    assert math.dist(agent.position, goal) < 60.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_nobody_walks_into_a_wall(seed: int) -> None:
    game = _GAME
    agent, rng = game.stage.agents[1], np.random.default_rng(seed)
    points = game.stage.ground.points
    game.rounds.spawn_at(agent, points[int(rng.integers(len(points)))], 0.0)
    for _ in range(6):
        angle = float(rng.uniform(0.0, 2.0 * math.pi))
        agent.wish_x, agent.wish_y = math.cos(angle) * 240.0, math.sin(angle) * 240.0
        run(game.stage, agent, 24)
        assert not WORLD.solids.is_solid(agent.x, agent.y, agent.z + 30.0)


_GAME = a_game(seed=2)


def test_a_fall_hurts_by_its_height(game: Game, agent: Agent) -> None:
    agent.z += 400.0
    agent.is_on_ground, agent.falls_from_z = False, agent.z
    hurt = max(motion.step(game.stage, agent) for _ in range(128))
    assert hurt == pytest.approx((400.0 - motion.SAFE_FALL_U) * motion.FALL_DAMAGE_PER_U, rel=0.05)
    assert agent.is_on_ground


@given(st.floats(-179.0, 179.0), st.floats(-179.0, 179.0))
def test_the_shorter_way_around(one: float, other: float) -> None:
    assert abs(turn(one, other)) <= 180.0
    assert (one + turn(one, other) - other) % 360.0 == pytest.approx(0.0, abs=1e-6) or (
        one + turn(one, other) - other
    ) % 360.0 == pytest.approx(360.0, abs=1e-6)


def test_heads_turn_towards_what_is_looked_at(agent: Agent) -> None:
    agent.yaw = 170.0
    for _ in range(200):
        motion.look(agent, 10.0, -170.0, 0.1)
    assert agent.yaw == pytest.approx(-170.0, abs=0.1)
    assert agent.pitch == pytest.approx(10.0, abs=0.1)
    assert angles_to((0.0, 0.0, 0.0), (0.0, 100.0, 100.0)) == pytest.approx((-45.0, 90.0))


def face_to_face(game: Game) -> tuple[Agent, Agent]:
    mine, theirs = game.stage.agents[0], game.stage.agents[9]
    game.rounds.spawn_at(mine, (120.0, -200.0, -64.0), 90.0)
    game.rounds.spawn_at(theirs, (120.0, 150.0, -64.0), -90.0)
    game.stage.tick += 4
    return mine, theirs


def test_who_stands_before_one_is_seen(game: Game) -> None:
    mine, theirs = face_to_face(game)
    sight.look(game.stage)
    assert theirs.slot in mine.seen
    assert theirs.slot in game.stage.known["t"]
    sight.choose_target(game.stage, mine)
    assert mine.target == theirs.slot
    assert mine.reacts_tick > game.stage.tick


def test_nobody_is_seen_behind_one_through_smoke_or_with_blind_eyes(game: Game) -> None:
    mine, theirs = face_to_face(game)
    mine.yaw = -90.0
    sight.look(game.stage)
    assert theirs.slot not in mine.seen
    mine.yaw = 90.0
    game.stage.smokes.append(Cloud(1, 0, (120.0, -30.0, -64.0), until_tick=10**9))
    sight.look(game.stage)
    assert theirs.slot not in mine.seen
    game.stage.smokes.clear()
    mine.blind_until_tick = game.stage.tick + 10
    sight.look(game.stage)
    assert theirs.slot not in mine.seen


def test_running_and_shots_are_heard(game: Game) -> None:
    mine, theirs = face_to_face(game)
    theirs.vx = 220.0
    sight.hear_steps(game.stage)
    assert mine.heard is not None
    assert math.dist(mine.heard, theirs.position) < 200.0


# --- grenades


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_grenades_stay_out_of_rock(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = ground_of("of_quarry").points
    x, y, z = points[int(rng.integers(len(points)))]
    flight = Flight(x, y, z + 64.0, *throw_velocity(float(rng.uniform(-60, 20)), float(rng.uniform(-180, 180)), 1.0))
    for _ in range(320):
        flight.step(WORLD.solids)
        assert not WORLD.solids.is_solid(*flight.position)


def test_a_throw_lands_where_it_should() -> None:
    start, target = (0.0, -900.0, 0.0), (0.0, -100.0, -64.0)
    start = (0.0, -900.0, WORLD.ground_height(0.0, -900.0, 200.0) + 64.0)
    velocity = aimed_throw(WORLD.solids, start, target, fuse_ticks=FUSE_TICKS, breaks=False)
    assert velocity is not None
    assert math.dist(landing(WORLD.solids, start, velocity, fuse_ticks=FUSE_TICKS, breaks=False), target) < 260.0


def test_what_cannot_be_reached_is_not_thrown_at() -> None:
    start = (0.0, -900.0, 64.0)
    assert aimed_throw(WORLD.solids, start, (0.0, 2500.0, 0.0), fuse_ticks=FUSE_TICKS, breaks=False) is None


# --- what a team knows of the map


@pytest.fixture(scope="module")
def ground() -> Ground:
    return survey(WORLD)


def test_every_site_has_lanes_and_spots_that_see_them(ground: Ground) -> None:
    assert ground.lanes.keys() == {"a", "b"}
    for site, lanes in ground.lanes.items():
        assert len(lanes) >= 2
        for lane, spots in zip(lanes, ground.holds[site], strict=True):
            assert lane.site == site
            assert spots
            eyes = [np.add(spot.position, (0.0, 0.0, 64.0)) for spot in spots]
            heads = [np.add(spot.watches, (0.0, 0.0, 64.0)) for spot in spots]
            assert WORLD.line_of_sight(eyes, heads).all()


def test_attackers_gather_where_the_site_does_not_see_them(ground: Ground) -> None:
    hidden = [
        not bool(WORLD.line_of_sight([np.add(lane.gather, (0, 0, 64))], [np.add(ground.sites[site], (0, 0, 64))])[0])
        for site, lanes in ground.lanes.items()
        for lane in lanes
    ]
    assert sum(hidden) >= len(hidden) - 1


def test_spots_after_a_plant_see_the_bomb(ground: Ground) -> None:
    bomb = ground.sites["a"]
    spots = post_plant_spots(WORLD, ground, bomb)
    assert len(spots) >= 3
    eyes = [np.add(spot.position, (0.0, 0.0, 64.0)) for spot in spots]
    assert WORLD.line_of_sight(eyes, [np.add(bomb, (0.0, 0.0, 24.0))] * len(spots)).all()
