"""A scoreboard of zeros is none, what is shown after a reconnect makes no kills, and time costs what it must."""

import time
from typing import Any

import pytest
from msgspec.structs import replace

from makers.gsi_posts import GsiClient
from offangle.live.document import matches_document, sessions_of
from offangle.live.ordering import MOST_IN_SECOND
from offangle.live.reduce import reduce, reduce_all
from offangle.live.rounds import MOST_MISSED
from offangle.live.state import LiveState


def only_match(client: GsiClient) -> dict[str, Any]:
    state, events = reduce_all(client.observations)
    found = matches_document(sessions_of(events, state))
    assert len(found) == 1, found
    return found[0]


def kills_per_round(client: GsiClient) -> list[int]:
    match = only_match(client)
    assert len(match["kills"]) == match["own"]["kills"] == sum(row["own_kills"] for row in match["rounds"])
    return [row["own_kills"] for row in match["rounds"]]


def four_rounds(*, deaths: bool = False) -> GsiClient:
    """Two kills in each of four rounds; with `deaths` the observer dies in each."""
    client = GsiClient(side="CT")
    for _ in range(4):
        client.freeze()
        client.live()
        client.kill()
        client.kill()
        if deaths:
            client.die()
        client.over("CT")
    client.menu()
    client.body["round"] = {"phase": "live"}
    return client


@pytest.mark.parametrize("deaths", [False, True])
@pytest.mark.parametrize("zeros", [1, 3])
def test_zeros_after_a_reconnect_make_no_kills(zeros: int, *, deaths: bool) -> None:
    client = four_rounds(deaths=deaths)
    for _ in range(zeros):
        client.come_back(round_kills=2)
    client.get_line_back()
    client.over("T")
    client.freeze()
    client.live()
    client.kill()
    client.over("CT")
    assert kills_per_round(client) == [2, 2, 2, 2, 0, 1]
    rounds = only_match(client)["rounds"]
    assert [row["own_died"] for row in rounds] == [deaths] * 4 + [None, False]
    assert only_match(client)["own"]["deaths"] == (4 if deaths else 0)


def test_who_spawns_after_the_zeros_kills_and_dies_as_ever() -> None:
    client = four_rounds(deaths=True)
    client.come_back(is_alive=True)
    client.get_line_back()
    client.kill()
    client.die()
    client.over("T")
    client.freeze()
    assert kills_per_round(client) == [2, 2, 2, 2, 1]
    match = only_match(client)
    assert match["own"]["deaths"] == 5
    assert match["rounds"][-1]["own_died"] is True


@pytest.mark.parametrize("deaths", [False, True])
def test_a_line_that_a_server_begins_anew_goes_on_from_zero(*, deaths: bool) -> None:
    client = four_rounds(deaths=deaths)
    client.kills = client.deaths = 0
    client.come_back(round_kills=2)
    client.over("T")
    for kills in (1, 3):
        client.freeze()
        client.live()
        for _ in range(kills):
            client.kill()
        client.die()
        client.over("T")
    client.freeze()
    assert kills_per_round(client) == [2, 2, 2, 2, 0, 1, 3]
    assert only_match(client)["own"]["deaths"] == (6 if deaths else 2)


def test_zeros_of_another_match_on_the_map_are_another_match() -> None:
    client = four_rounds(deaths=True)
    client.restart()
    for winner in ("T", "T", "T", "T", "CT"):
        client.count_round(winner)
    client.body["map"]["round_wins"] = {str(number): "t_win_elimination" for number in range(1, 5)} | {
        "5": "ct_win_elimination"
    }
    client.come_back()
    client.get_line_back()
    client.over("T")
    state, events = reduce_all(client.observations)
    assert len(matches_document(sessions_of(events, state))) == 2


def test_a_restart_before_any_round_was_decided_counts_from_zero() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.kill()
    client.die()
    client.restart()
    client.freeze()
    client.live()
    client.kill()
    client.over("CT")
    client.freeze()
    assert kills_per_round(client) == [1]
    match = only_match(client)
    assert match["own"]["deaths"] == 0
    assert match["rounds"][0]["own_died"] is False


def test_who_waits_dead_for_the_next_round_did_not_die() -> None:
    client = GsiClient()
    client.play_round("CT", 1)
    client.menu()
    client.body["round"] = {"phase": "live"}
    client.body["player"] = client._player()
    client.state["health"] = 0
    client.post()
    client.over("T")
    client.freeze()
    assert [row["own_died"] for row in only_match(client)["rounds"]] == [False, None]


@pytest.mark.parametrize("timestamp", [None, 1_760_000_000])
def test_posts_whose_clock_stands_still_or_is_missing_cost_no_more_each(timestamp: int | None) -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    state, sizes = LiveState(), []
    began_s = time.perf_counter()
    for number in range(4_000):
        client.state["money"] = number
        client.posts.clear()
        state, _ = reduce(state, replace(client.post(), provider_timestamp=timestamp or 0))
        client.observations.clear()
        sizes.append(len(state.last.same_second) if state.last is not None else 0)
    assert max(sizes) <= MOST_IN_SECOND
    assert state.counters.accepted == 4_000
    assert time.perf_counter() - began_s < 20.0


def test_a_post_without_a_time_is_neither_late_nor_a_repetition() -> None:
    client = GsiClient()
    client.play_round("CT", 1)
    client.play_round("T", 1)
    for number, body in enumerate(client.posts):
        if number % 2:
            body["provider"]["timestamp"] = "soon"
    assert kills_per_round(client) == [1, 1]
    state, _ = reduce_all(client.observations)
    assert (state.counters.late, state.counters.repeated) == (0, 0)


ABSURD: tuple[Any, ...] = (2**31 - 1, 32_767, 40_000, -1, "many", None, 1.5, True, [], 2**63)


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize("path", ["map.round", "map.team_t.score", "map.team_ct.score"])
def test_an_absurd_counter_of_the_match_costs_neither_the_match_nor_memory(path: str, value: Any) -> None:
    client = GsiClient()
    client.play_round("CT", 1)
    client.freeze()
    *way, name = path.split(".")
    block = client.body
    for step in way:
        block = block[step]
    kept, block[name] = block[name], value
    client.post()
    block[name] = kept
    client.live()
    client.kill()
    client.over("CT")
    state, events = reduce_all(client.observations)
    last = matches_document(sessions_of(events, state))[-1]
    assert [row["winner"] for row in last["rounds"]] == ["ct", "ct"]
    assert len(last["kills"]) == last["own"]["kills"] == 2


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize(
    "path", ["match_stats.kills", "match_stats.assists", "match_stats.deaths", "state.round_kills"]
)
def test_an_absurd_figure_of_the_player_makes_no_kills(path: str, value: Any) -> None:
    client = GsiClient()
    client.play_round("CT", 2)
    client.freeze()
    client.live()
    block, name = path.split(".")
    kept = client.body["player"][block][name]
    client.body["player"][block][name] = value
    client.post()
    client.body["player"][block][name] = kept
    client.post()
    client.kill()
    client.over("CT")
    client.freeze()
    match = only_match(client)
    assert [row["own_kills"] for row in match["rounds"]] == [2, 1]
    assert len(match["kills"]) == 3


def test_a_hole_of_many_rounds_is_no_rounds() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.body["map"]["round"] = client.body["map"]["team_ct"]["score"] = 5_000
    client.freeze()
    assert len(only_match(client)["rounds"]) <= 1 + MOST_MISSED
