"""Players' own recordings under a network: lost packets, hidden enemies, and what parsers make of them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makers.recorded import RecordedMatch
from makers.scripted_match import FIRST_STEAM_ID, Script, ScriptedMatch, setup_of
from offangle.frames.collection import MatchFrames
from offangle.parsing.reader import read_match_file
from offangle_sim.demo.client_view import HEARING_U, HIDE_AFTER_S, LOOK_EVERY_TICKS, PovView, Visibility
from offangle_sim.demo.pov import PovWriter
from offangle_sim.net.links import PERFECT_LINK, Link
from offangle_sim.net.network import Network, Outage, ServerState
from offangle_sim.net.packets import Booleans, Floats
from offangle_sim.server.server import Server

SLOT, ENEMY = 2, 7
STEADY = Link(delay_ms=20.0, interpolation_ticks=1.0)


def nothing_seen(starts: Floats, _: Floats) -> Booleans:
    return np.zeros(len(starts), dtype=np.bool_)


def everything_seen(starts: Floats, _: Floats) -> Booleans:
    return np.ones(len(starts), dtype=np.bool_)


def state_of(recorder: Server) -> ServerState:
    players = list(recorder.players.values())
    return ServerState(
        np.array([player.position for player in players]),
        np.array([player.velocity for player in players]),
        np.array([(player.pitch_deg, player.yaw_deg) for player in players]),
        np.array([player.health for player in players]),
        np.array([player.is_alive for player in players]),
        np.array([player.velocity for player in players]),
    )


def record(
    folder: Path, link: Link, *outages: Outage, rounds: int = 2, sight: object = everything_seen
) -> tuple[MatchFrames, Network]:
    """A scripted match and the recording of the client in `SLOT`; its truth, and the network."""
    script = Script(rounds=rounds, live_ticks=320)
    setup = setup_of(script)
    with RecordedMatch.open(folder / "gotv.dem", setup) as recorder:
        match = ScriptedMatch(script, recorder)
        slots = tuple(recorder.players)
        network = Network(slots, {**dict.fromkeys(slots, PERFECT_LINK), SLOT: link}, 3, outages=outages)
        visibility = Visibility(len(slots), sight)  # type: ignore[arg-type]
        writer = PovWriter(folder / "pov.dem", recorder.writer, SLOT)
        view = PovView(
            writer,
            network,
            SLOT,
            visibility,
            lambda: [recorder.recorder.cast.pawn(each) for each in recorder.players.values()],
        )
        recorder.writer.observed_by(view)
        end_tick = recorder.end_tick

        def end_both() -> None:
            network.begin_tick(recorder.tick)
            state = state_of(recorder)
            sides = np.array([0 if player.side == "t" else 1 for player in recorder.players.values()])
            end_tick()
            network.end_tick(recorder.tick, state)
            visibility.update(recorder.tick, state, sides)

        recorder.end_tick = end_both  # type: ignore[method-assign]
        match.play()
    return recorder.truth(), network


def ticks_of(folder: Path, name: str = "pov.dem") -> MatchFrames:
    return read_match_file(folder / name, "demo", sample_rate_hz=None)


def of_player(slot: int) -> pl.Expr:
    return pl.col("steam_id") == FIRST_STEAM_ID + slot * 7919


def kept(ticks: pl.DataFrame, where: pl.Expr) -> pl.DataFrame:
    """What a recording tells exactly: positions in its own steps, since the parser loses a hair of them."""
    steps = [(pl.col(axis) * 32).round().cast(pl.Int64) for axis in ("x", "y", "z")]
    return ticks.filter(where).select("tick", "steam_id", *steps, "health", "is_alive", "money")


ALWAYS = pl.lit(1) == 1


def test_without_losses_everything_arrives(tmp_path: Path) -> None:
    truth, _ = record(tmp_path, STEADY)
    read = ticks_of(tmp_path)
    assert kept(read["ticks"], ALWAYS).equals(kept(truth["ticks"], ALWAYS))


def test_of_ticks_whose_packets_are_lost_the_recording_knows_nothing(tmp_path: Path) -> None:
    link = Link(delay_ms=20.0, loss=0.08, loss_burst=4.0, interpolation_ticks=1.5)
    truth, network = record(tmp_path, link)
    again = Network(network.slots, dict(zip(network.slots, network.links, strict=True)), 3)
    received = []
    for tick in range(1, network.tick + 1):
        again.begin_tick(tick)
        if again.is_received(SLOT):
            received.append(tick)
        again.end_tick(tick, state_at_rest(len(network.slots)))
    assert network.tick - len(received) > 20
    read = ticks_of(tmp_path)["ticks"]
    arrived = pl.col("tick").is_in(received)
    assert kept(read, arrived).equals(kept(truth["ticks"], arrived))
    # The client's own commands have frames of their own, at which the parser says the last state again.
    last = {tick: max(at for at in received if at <= tick) for tick in range(1, network.tick + 1)}
    stale = kept(read, ~arrived).with_columns(pl.col("tick").replace_strict(last, return_dtype=pl.Int32))
    assert stale.height > 0
    assert stale.join(kept(truth["ticks"], arrived), on=stale.columns, how="anti").is_empty()


def state_at_rest(players: int) -> ServerState:
    nothing = np.zeros((players, 3))
    alive = np.ones(players, dtype=np.bool_)
    return ServerState(nothing, nothing, nothing[:, :2], alive.astype(np.int64), alive, nothing)


def test_after_an_outage_everything_that_happened_is_told_at_once(tmp_path: Path) -> None:
    plain, _ = record(tmp_path, STEADY)
    killed = plain["kills"]["tick"].to_list()
    first, last = killed[0] - 5, killed[0] + 20
    truth, _ = record(tmp_path, STEADY, Outage(SLOT, first, last, "down"))
    read = ticks_of(tmp_path)
    told = ("victim_steam_id", "weapon", "is_headshot")
    assert read["kills"].select(told).rows() == truth["kills"].select(told).rows()
    assert read["kills"]["tick"][0] == last + 1
    assert read["kills"]["tick"].to_list()[-1] == killed[-1]
    after = (pl.col("tick") < first) | (pl.col("tick") > last)
    assert kept(read["ticks"], after).equals(kept(truth["ticks"], after))
    assert read["ticks"].filter(~after, of_player(ENEMY))["x"].n_unique() == 1


@pytest.mark.parametrize("lost", [(1, 1), (1, 40), (60, 60)])
def test_a_recording_that_begins_late_is_whole_from_there(tmp_path: Path, lost: tuple[int, int]) -> None:
    truth, _ = record(tmp_path, STEADY, Outage(SLOT, *lost, "down"), rounds=1)
    read = ticks_of(tmp_path)
    late = pl.col("tick") > lost[1]
    assert kept(read["ticks"], late).equals(kept(truth["ticks"], late))


def test_enemies_out_of_sight_are_not_told_of(tmp_path: Path) -> None:
    truth, _ = record(tmp_path, STEADY, sight=nothing_seen)
    read = ticks_of(tmp_path)
    assert kept(read["ticks"], of_player(SLOT)).equals(kept(truth["ticks"], of_player(SLOT)))
    seen = read["ticks"].filter(of_player(ENEMY))["x"].drop_nulls().len()
    assert seen < truth["ticks"].filter(of_player(ENEMY)).height
    whole = ticks_of(tmp_path, "gotv.dem")
    assert whole["ticks"].filter(of_player(ENEMY))["x"].null_count() == 0


# --- who is hidden from whom


def standing(*x: float, alive: tuple[bool, ...] | None = None) -> ServerState:
    state = state_at_rest(len(x))
    position = np.zeros((len(x), 3))
    position[:, 0] = x
    state.position = position
    if alive is not None:
        state.is_alive = np.array(alive)
    return state


FAR_APART = standing(0.0, 4000.0)
SIDES = np.array([0, 1])


@pytest.mark.parametrize(
    ("state", "sides", "is_hidden"),
    [
        (FAR_APART, SIDES, True),
        (standing(0.0, HEARING_U), SIDES, False),
        (standing(0.0, HEARING_U + 1), SIDES, True),
        (FAR_APART, np.array([0, 0]), False),
        (standing(0.0, 4000.0, alive=(True, False)), SIDES, False),
    ],
)
def test_who_is_hidden(state: ServerState, sides: np.ndarray, *, is_hidden: bool) -> None:
    visibility = Visibility(2, nothing_seen)
    assert visibility.update(1, state, sides)
    assert bool(visibility.hidden[0, 1]) == is_hidden
    assert not visibility.hidden[0, 0]


def test_an_enemy_is_hidden_half_a_second_after_he_was_last_seen() -> None:
    seen_until = 100
    now = 0
    visibility = Visibility(2, lambda starts, _: np.full(len(starts), now <= seen_until))
    hidden_from = None
    for now in range(1, 200):
        looked = visibility.update(now, FAR_APART, SIDES)
        assert looked == ((now - 1) % LOOK_EVERY_TICKS == 0)
        if hidden_from is None and visibility.hidden[0, 1]:
            hidden_from = now
    last_look = 97
    assert hidden_from == last_look + HIDE_AFTER_S * 64 + LOOK_EVERY_TICKS


def test_the_dead_are_told_what_a_living_mate_is_told() -> None:
    sides = np.array([0, 0, 1])
    near_mate = standing(0.0, 4000.0, 4100.0, alive=(False, True, True))
    visibility = Visibility(3, nothing_seen)
    visibility.update(1, near_mate, sides)
    assert not visibility.hidden[0, 2]
    visibility.update(9, standing(4000.0, 0.0, 4100.0, alive=(False, True, True)), sides)
    assert visibility.hidden[0, 2]
    visibility.update(17, standing(4000.0, 0.0, 4100.0, alive=(False, False, True)), sides)
    assert not visibility.hidden[0, 2]


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_nobody_near_or_in_sight_or_of_ones_own_is_hidden(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = rng.random((6, 6)) < 0.3
    state = standing(*rng.uniform(-3000, 3000, 6), alive=tuple(rng.random(6) < 0.8))
    sides = np.array([0, 0, 0, 1, 1, 1])

    def sight(starts: Floats, ends: Floats) -> Booleans:
        pairs = [(row_of(start), row_of(end)) for start, end in zip(starts, ends, strict=True)]
        return np.array([seen[min(pair), max(pair)] for pair in pairs])

    def row_of(point: Floats) -> int:
        return int(np.abs(state.position[:, 0] - point[0]).argmin())

    visibility = Visibility(6, sight)
    visibility.update(1, state, sides)
    alive = state.is_alive
    for viewer in range(6):
        for subject in range(6):
            near = abs(state.position[viewer, 0] - state.position[subject, 0]) <= HEARING_U
            looks = seen[min(viewer, subject), max(viewer, subject)]
            told = sides[viewer] == sides[subject] or near or looks or not alive[subject]
            if alive[viewer]:
                assert visibility.hidden[viewer, subject] == (not told)
            elif told and sides[viewer] == sides[subject]:
                assert not visibility.hidden[viewer, subject]
