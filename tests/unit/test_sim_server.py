"""The match as the server has it: what the scoreboard counts, and who is told what."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makers.recorded import KnownMatch
from makers.scripted_match import entries
from offangle_sim.server import events
from offangle_sim.server.edicts import FIRST_FREE_ENTITY, Edicts
from offangle_sim.server.grid import on_angle_grid, on_position_grid, on_velocity_grid
from offangle_sim.server.server import Server
from offangle_sim.server.setup import MatchSetup
from offangle_sim.truth.grids import as_told

COORDINATES = st.floats(-16000.0, 16000.0)


def a_match(*, has_started: bool = True) -> KnownMatch:
    """Everybody has spawned."""
    match = KnownMatch(MatchSetup("de_dust2", entries()))
    match.begin_tick()
    for slot in match.players:
        match.player_joined(slot)
        match.spawned(slot, (100.0 * slot, 0.0, 0.0))
        match.given(slot, "knife")
    if has_started:
        match.match_started()
    match.round_started()
    match.freeze_ended()
    return match


def kills(match: Server, victim: int, attacker: int | None, *, helper: int | None = None) -> None:
    match.hurt(victim, attacker_slot=attacker, weapon="ak47", damage=100)
    match.killed(victim, attacker_slot=attacker, weapon="ak47", assister_slot=helper)


def test_a_team_kill_is_no_kill_and_takes_none_off() -> None:
    match = a_match()
    kills(match, 6, 1)
    kills(match, 2, 1)  # both on one side
    totals = match.player(1).totals
    assert (totals.kills, totals.score) == (1, 0)
    assert (match.player(2).totals.deaths, match.player(6).totals.deaths) == (1, 1)


def test_who_kills_himself_has_died_and_nothing_else() -> None:
    match = a_match()
    kills(match, 1, 1)
    kills(match, 2, None)
    for slot in (1, 2):
        totals = match.player(slot).totals
        assert (totals.kills, totals.deaths, totals.score) == (0, 1, 0)


def test_who_leaves_has_not_died() -> None:
    match = a_match()
    match.player_left(3)
    match.end_tick()
    match.begin_tick()
    match.player_reconnected(3)
    assert match.player(3).totals.deaths == 0
    assert match.truth()["kills"].is_empty()
    assert not match.player(3).is_alive


def test_the_scoreboard_is_empty_when_the_match_goes_live() -> None:
    match = a_match(has_started=False)
    kills(match, 6, 1, helper=2)
    match.round_decided("t", "elimination")
    match.round_mvp(1)
    match.end_tick()
    match.begin_tick()
    match.match_started()
    match.end_tick()
    board = match.truth()["scoreboard"]
    figures = [name for name in board.columns if name not in {"steam_id", "rounds_played"}]
    assert board.height > 0
    assert all(board[name].fill_null(0).sum() == 0 for name in figures)


def test_a_round_is_not_won_by_who_cannot_win_it_so() -> None:
    match = a_match()
    with pytest.raises(KeyError, match="t cannot win by bomb_defused"):
        match.round_decided("t", "bomb_defused")


class Notes:
    """A sink that keeps what it is told, tick by tick."""

    def __init__(self) -> None:
        self.ticks: list[list[type[events.Event]]] = []
        self.is_closed = False

    def tick_begun(self) -> None:
        self.ticks.append([])

    def told(self, event: events.Event) -> None:
        self.ticks[-1].append(type(event))

    def tick_ended(self) -> None:
        """Nothing is looked at."""

    def close(self) -> None:
        self.is_closed = True


def test_sinks_are_told_in_order_and_everybody_the_same() -> None:
    match = Server(MatchSetup("de_dust2", entries()))
    first, second = Notes(), Notes()
    match.tells(first)
    match.tells(second)
    match.begin_tick()
    match.player_joined(0)
    match.player_joined(6)
    match.spawned(0, (0.0, 0.0, 0.0))
    match.given(0, "flashbang")
    grenade = match.grenade_thrown(0, "flashbang", position=(0.0, 0.0, 64.0), velocity=(0.0, 0.0, 0.0))
    match.end_tick()
    match.begin_tick()
    match.grenade_detonated(grenade)
    match.blinded(6, attacker_slot=0, grenade=grenade, duration_s=1.0)
    match.end_tick()
    thrown = [events.ItemMade, events.Fired, events.ItemGone, events.Thrown]
    assert first.ticks == second.ticks
    assert first.ticks[0] == [events.Joined, events.Joined, events.Spawned, *thrown]
    assert first.ticks[1] == [events.WentOff, events.Blinded, events.ProjectileGone]


def test_an_index_is_given_again_with_another_serial() -> None:
    edicts = Edicts(None)
    first, second = edicts.take(), edicts.take()
    assert (first.index, second.index) == (FIRST_FREE_ENTITY, FIRST_FREE_ENTITY + 1)
    edicts.free(first.index)
    again = edicts.take()
    assert (again.index, again.serial) == (first.index, first.serial + 1)


@given(st.lists(st.tuples(COORDINATES, st.floats(-2e4, 2e4), st.floats(-720.0, 720.0)), min_size=1, max_size=40))
def test_many_rows_lie_on_the_same_grids_as_one(values: list[tuple[float, float, float]]) -> None:
    place, speed, angle = np.array(values).T
    columns = {**dict.fromkeys("xyz", place), **dict.fromkeys((f"velocity_{axis}" for axis in "xyz"), speed)}
    told = as_told(pl.DataFrame({**columns, "pitch_deg": angle, "yaw_deg": angle}))
    assert told["x"].to_list() == [on_position_grid((value, 0.0, 0.0))[0] for value in place.tolist()]
    assert told["velocity_y"].to_list() == [on_velocity_grid(value) for value in speed.tolist()]
    assert told["yaw_deg"].to_list() == [on_angle_grid(value) for value in angle.tolist()]
