"""Streams of simulated clients through the reducer: rounds, winners, own kills and deaths are those of the match."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import pytest

from makers.gsi_truth import GsiComparison, Watched, compare, read_posts, reduced, watch
from makers.scripted_match import Script, ScriptedMatch
from offangle.cli.main import main
from offangle_sim.gsi.settings import ClientSettings
from offangle_sim.gsi.sinks import JsonlSink

LEAST_PRECISION = 0.98
"""Of kills that are told with confidence `high`."""
LEAST_RECALL = 0.9
"""Of kills told with any weapon."""
Step = Callable[[ScriptedMatch], None]
HARSH = ClientSettings(
    loss_rate=0.0,
    slow_rate=0.05,
    untold_winner_rate=0.5,
    missed_over_rate=0.5,
    throttle_s=0.5,
    distraction_every_s=20.0,
)


def restore(rounds_counted: int) -> Step:
    return lambda match: match.now().backup_restored(rounds_counted)


def leave(match: ScriptedMatch) -> None:
    for slot in (1, 3, 6, 8):
        match.now().player_left(slot)


def rejoin(match: ScriptedMatch) -> None:
    for slot in (1, 3, 6, 8):
        match.now().player_reconnected(slot)


def team_kill(match: ScriptedMatch) -> None:
    match.now().hurt(1, attacker_slot=0, weapon="glock", damage=120)
    match.now().killed(1, attacker_slot=0, weapon="glock")


def take_over(match: ScriptedMatch) -> None:
    recorder = match.now()
    recorder.hurt(2, attacker_slot=7, weapon="usp_silencer", damage=120)
    recorder.killed(2, attacker_slot=7, weapon="usp_silencer")
    recorder.bot_takeover(2, 4)


SCRIPTS = {
    "plain": Script(rounds=5),
    "halves": Script(rounds=5, max_rounds=4, live_ticks=448),
    "overtimes": Script(rounds=9, max_rounds=4, overtime_rounds=4, live_ticks=448),
    "warmup_and_knife": Script(rounds=3, knife_round=True, warmup_ticks=300, live_ticks=448),
    "restored": Script(rounds=6, live_ticks=448, before_round={4: restore(2)}),
    "restarted": Script(rounds=5, live_ticks=448, before_round={3: restore(0)}),
    "left_and_back": Script(rounds=6, in_round={(1, 100): leave}, before_round={4: rejoin}),
    "bots": Script(rounds=3, bots=(0, 5), live_ticks=448),
    "took_over_a_bot": Script(rounds=3, bots=(4, 5), in_round={(0, 50): take_over}),
    "team_kill": Script(rounds=3, in_round={(1, 50): team_kill}),
    "wingman": Script(rounds=4, mode="wingman", per_team=2),
}


def compared(match: Watched) -> GsiComparison:
    truth = match.recorder.truth()
    slots = [slot for slot, player in match.recorder.players.items() if not player.entry.is_bot]
    return reduce(add, (compare(match.posts[slot], truth, match.steam_id(slot)) for slot in slots))


@pytest.mark.parametrize("name", SCRIPTS)
def test_rounds_winners_own_kills_and_deaths_are_exact(name: str) -> None:
    found = compared(watch(replace(SCRIPTS[name], inputs=False)))
    assert found.is_exact, found.problems
    assert found.true_kills
    assert (found.precision("high") or 0.0) >= LEAST_PRECISION
    assert (found.recall() or 0.0) >= LEAST_RECALL


@pytest.mark.parametrize("name", ["halves", "overtimes", "restored", "left_and_back", "took_over_a_bot"])
def test_they_are_exact_for_clients_that_tell_little(name: str) -> None:
    harsh = replace(SCRIPTS[name], inputs=False, post_ticks=320)
    found = compared(watch(harsh, seed=2, settings=HARSH))
    assert found.is_exact, found.problems
    precision = found.precision("high")
    assert precision is None or precision >= LEAST_PRECISION


def test_a_client_that_loses_posts_tells_every_round_from_the_first_it_saw() -> None:
    script = Script(rounds=5, live_ticks=900, post_ticks=448, freeze_ticks=320, inputs=False)
    match = watch(script, seed=5, settings=ClientSettings(loss_rate=0.05))
    rounds = match.recorder.truth()["rounds"]
    winners = list(zip(rounds["round_number"].to_list(), rounds["winner_side"].to_list(), strict=True))
    for posts in match.posts.values():
        (told,) = reduced(posts)
        seen = [(round_["number"], round_["winner"]) for round_ in told["rounds"]]
        assert seen == winners[-len(seen) :]
        assert len(seen) >= 4


def test_deathmatch_is_no_match_of_rounds() -> None:
    match = watch(Script(rounds=1, mode="deathmatch", live_ticks=300, inputs=False))
    assert all(reduced(posts) == [] for posts in match.posts.values())


def test_a_recording_on_disk_tells_the_command_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    match = watch(Script(rounds=3, live_ticks=448, inputs=False))
    path = tmp_path / "client.jsonl"
    sink = JsonlSink(path)
    for received_ns, body in match.posts[1]:
        sink(received_ns, body)
    sink.close()
    assert [body for _, body in read_posts(path)] == match.bodies(1)
    assert main(["gsi", "reduce", str(path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["matches"]
    truth = match.recorder.truth()
    assert [round_["winner"] for round_ in told["rounds"]] == truth["rounds"]["winner_side"].to_list()
    assert told["finished"]
    assert compare(read_posts(path), truth, match.steam_id(1)).is_exact
