"""The traps of Game State Integration, one test each (the door's own traps are in the tests of `gsi`)."""

from typing import Any

import msgspec

from makers.gsi_posts import GsiClient
from offangle.live.document import matches_document, sessions_of
from offangle.live.events import PostIgnored, PostLost, Quarantined, SessionFinished
from offangle.live.reduce import reduce_all
from offangle.live.state import LiveState

WINNERS = ["T", "CT", "T", "CT", "CT", "T", "CT", "T", "CT", "CT"]


def matches(client: GsiClient) -> list[dict[str, Any]]:
    state, events = reduce_all(client.observations)
    return matches_document(sessions_of(events, state))


def only_match(client: GsiClient) -> dict[str, Any]:
    found = matches(client)
    assert len(found) == 1, found
    return found[0]


def test_ten_rounds_have_eleven_kills_one_match_and_sixty_percent() -> None:
    client = GsiClient(side="CT")
    client.warmup()
    for winner, kills in zip(WINNERS, [1, 1, 0, 2, 1, 1, 2, 0, 3, 0], strict=True):
        client.play_round(winner, kills)
    match = only_match(client)
    assert [round_["winner"] for round_ in match["rounds"]] == [winner.lower() for winner in WINNERS]
    assert not any(round_["inferred"] for round_ in match["rounds"])
    assert [kill["weapon"] for kill in match["kills"]] == ["ak47"] * 11
    assert {kill["confidence"] for kill in match["kills"]} == {"high"}
    assert sum(round_["own_won"] for round_ in match["rounds"]) / 10 == 0.6
    assert match["score"] == {"own": 6, "enemy": 4}
    assert match["own"]["kills"] == 11


def test_trap_01_the_round_counter_is_already_raised_while_over() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.over("CT")
    client.kill()  # after the decision, in the same round
    client.freeze()
    match = only_match(client)
    assert [kill["round"] for kill in match["kills"]] == [1]
    assert [round_["number"] for round_ in match["rounds"]] == [1]


def test_trap_02_a_spectated_team_mate_adds_nothing_to_own_figures() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.kill()
    client.die()
    client.spectate_mate()
    client.over("T")
    client.freeze()
    match = only_match(client)
    assert match["own"]["kills"] == 1
    assert len(match["kills"]) == 1
    assert match["rounds"][0]["own_died"] is True


def test_trap_02_a_vanished_player_still_sees_the_round_end() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.die()
    client.vanish()
    client.over("T")
    client.freeze()
    assert [(r["winner"], r["own_side"]) for r in only_match(client)["rounds"]] == [("t", "ct")]


def test_trap_03_a_skipped_over_infers_the_winner_from_the_score() -> None:
    client = GsiClient()
    for winner in ("T", "CT"):
        client.freeze()
        client.live()
        client.count_round(winner)
    client.freeze()
    rounds = only_match(client)["rounds"]
    assert [(r["winner"], r["inferred"]) for r in rounds] == [("t", True), ("ct", True)]


def test_trap_03_the_last_winner_is_never_carried_on() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.freeze()
    client.live()
    client.count_round("T")
    client.count_round("CT")  # two rounds in one gap: nobody can tell which was whose
    client.freeze()
    assert [r["winner"] for r in only_match(client)["rounds"]] == ["ct", None, None]


def test_trap_03_two_lost_rounds_of_one_side_are_both_its_own() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.freeze()
    client.count_round("T")
    client.count_round("T")
    client.freeze()
    assert [r["winner"] for r in only_match(client)["rounds"]] == ["ct", "t", "t"]


def test_trap_03_a_round_of_which_only_the_end_is_told_does_not_replace_the_one_before() -> None:
    client = GsiClient()
    client.play_round("CT", kills=1)
    client.state["round_kills"] = 0
    client.over("T", after_s=300.0)  # everything between the two ends was lost
    client.freeze()
    match = only_match(client)
    assert [(round_["number"], round_["winner"]) for round_ in match["rounds"]] == [(1, "ct"), (2, "t")]
    assert [kill["round"] for kill in match["kills"]] == [1]


def test_trap_04_round_kills_are_cumulative() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.kill()
    client.shoot()
    client.kill()
    client.shoot()
    client.over("CT")
    client.freeze()
    match = only_match(client)
    assert match["rounds"][0]["own_kills"] == 2
    assert len(match["kills"]) == 2


def test_trap_05_a_fall_of_the_score_is_a_restart_and_the_old_epoch_is_kept() -> None:
    client = GsiClient()
    client.play_round("CT", kills=1)
    client.play_round("CT")
    client.play_round("CT")
    client.restart()
    client.play_round("T", kills=1)
    first, second = matches(client)
    assert (first["aborted"], len(first["rounds"]), first["own"]["kills"]) == (True, 3, 1)
    assert (second["aborted"], len(second["rounds"]), second["own"]["kills"]) == (False, 1, 1)


def test_trap_05_a_restored_round_keeps_the_rounds_before_it() -> None:
    client = GsiClient()
    for winner in ("CT", "T", "CT", "T"):
        client.play_round(winner)
    game = client.body["map"]
    game["round"], game["team_ct"]["score"], game["team_t"]["score"] = 2, 1, 1
    client.play_round("CT")
    aborted, restored = matches(client)
    assert aborted["aborted"]
    assert [r["winner"] for r in restored["rounds"]] == ["ct", "t", "ct"]


def test_a_round_that_begins_again_undecided_leaves_no_kills() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.kill()
    client.restart()
    client.freeze()
    client.live()
    client.kill()
    client.over("CT")
    match = only_match(client)
    assert [kill["round"] for kill in match["kills"]] == [1]


def test_a_round_that_begins_again_keeps_its_dropped_kills_out_of_the_next_count() -> None:
    client = GsiClient()
    client.play_round("CT", kills=1)
    client.freeze()
    client.live()
    client.kill()
    client.kill()
    client.freeze()  # the round begins again, and the match counter keeps its kills
    client.live()
    client.kill()
    client.over("T")
    client.freeze()
    match = only_match(client)
    assert [kill["round"] for kill in match["kills"]] == [1, 2]
    assert [kill["confidence"] for kill in match["kills"]] == ["high", "high"]


def test_a_kill_that_only_the_match_counter_tells_of_after_a_restore_is_found() -> None:
    client = GsiClient()
    for _ in range(3):
        client.play_round("CT", kills=1)
    client.freeze()
    client.body["map"]["round"], client.body["map"]["team_ct"]["score"] = 2, 2
    client.freeze()  # the third round begins again: its kill is no more, but the match counter keeps it
    client.count_kill()
    client.count_round("CT")
    client.freeze()  # neither the kill nor the end of the round was told
    match = matches(client)[-1]
    assert [kill["round"] for kill in match["kills"]] == [1, 2, 3]


def test_trap_06_heartbeats_after_the_end_change_nothing() -> None:
    client = GsiClient()
    for _ in range(3):
        client.play_round("CT", kills=1)
    client.body["map"]["phase"] = "gameover"
    client.post()
    for _ in range(5):
        client.post(after_s=30.0)
    _, events = reduce_all(client.observations)
    assert sum(isinstance(event, SessionFinished) for event in events) == 1
    match = only_match(client)
    assert match["finished"]
    assert len(match["rounds"]) == 3
    assert len(match["kills"]) == 3


def test_trap_07_the_next_match_on_the_same_map_is_another_match() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.body["map"]["phase"] = "gameover"
    client.post()
    client.restart()
    client.warmup()
    client.play_round("T")
    found = matches(client)
    assert [match["aborted"] for match in found] == [False, False]
    assert [match["rounds"][0]["winner"] for match in found] == ["ct", "t"]


def test_trap_07_a_reconnect_is_the_same_match() -> None:
    client = GsiClient()
    client.play_round("CT", kills=1)
    client.play_round("T")
    client.menu()
    client.now_s += 120
    client.play_round("CT", kills=1)
    match = only_match(client)
    assert [r["winner"] for r in match["rounds"]] == ["ct", "t", "ct"]
    assert match["own"]["kills"] == 2


def test_trap_07_another_map_is_another_match() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.body["map"]["name"] = "de_mirage"
    client.restart()
    client.play_round("T")
    assert [match["map"] for match in matches(client)] == ["de_dust2", "de_mirage"]


def test_trap_08_teams_and_scores_swap_at_half_time() -> None:
    client = GsiClient(side="CT")
    for winner in ("CT", "CT", "T"):
        client.play_round(winner)
    client.body["map"]["phase"] = "intermission"
    client.post()
    client.switch_sides()
    client.play_round("T")
    match = only_match(client)
    assert match["score"] == {"own": 3, "enemy": 1}
    assert [(r["own_side"], r["own_won"]) for r in match["rounds"]] == [
        ("ct", True),
        ("ct", True),
        ("ct", False),
        ("t", True),
    ]
    assert match["side_switches_after"] == [3]


def test_trap_08_a_swap_whose_last_round_was_lost_still_names_the_winner() -> None:
    client = GsiClient(side="CT")
    for winner in ("CT", "CT"):
        client.play_round(winner)
    client.freeze()
    client.live()
    client.count_round("T")  # its `over` and the intermission never arrive
    client.switch_sides()
    client.freeze()
    match = only_match(client)
    assert [(r["winner"], r["own_won"]) for r in match["rounds"]] == [("ct", True), ("ct", True), ("t", False)]


def test_trap_08_overtime_keys_that_start_again_fall_back_to_the_score() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.body["map"]["round_wins"] = {"1": "ct_win_elimination", "2": "t_win_bomb"}
    client.freeze()
    client.live()
    client.count_round("T")
    client.freeze()
    client.body["map"]["round_wins"] = {"1": "ct_win_time"}  # overtime's first
    client.live()
    client.count_round("T")
    client.freeze()
    rounds = only_match(client)["rounds"]
    assert [(r["winner"], r["inferred"]) for r in rounds] == [("ct", False), ("t", False), ("t", True)]
    assert rounds[1]["reason"] == "bomb_exploded"


def test_trap_09_several_states_of_one_second_all_count() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.now_s = float(int(client.now_s))
    for _ in range(3):
        client.count_kill()
        client.body["player"]["weapons"]["weapon_1"]["ammo_clip"] -= 2
        client.post(after_s=0.2)
    assert len(only_match(client)["kills"]) == 3


def test_a_second_death_that_is_told_late_belongs_to_the_round_before() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.die()
    client.count_round("T")  # he took over a bot and died again; what follows was lost until the next round is live
    client.deaths += 1
    client.body["player"] = client._player()
    client.live()
    client.over("CT")
    match = only_match(client)
    assert [round_["own_died"] for round_ in match["rounds"]] == [True, False]
    assert match["own"]["deaths"] == 2


def test_trap_10_a_death_payload_gives_neither_equipment_nor_money() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    client.state["equip_value"], client.state["money"] = 9999, 16000
    client.die()
    client.over("T")
    client.freeze()
    assert only_match(client)["rounds"][0]["equipment_value"] == 4700


def test_trap_12_reloading_is_in_hand_and_a_quick_switch_is_found() -> None:
    client = GsiClient()
    client.freeze()
    client.live()
    rifle, knife = client.body["player"]["weapons"]["weapon_1"], client.body["player"]["weapons"]["weapon_0"]
    rifle["state"] = "reloading"
    client.post()
    client.count_kill()
    rifle["ammo_clip"] -= 1
    rifle["state"], knife["state"] = "holstered", "active"
    client.post()
    assert only_match(client)["kills"] == [{"round": 1, "weapon": "ak47", "confidence": "medium"}]


def test_trap_12_a_knife_kill_needs_no_ammunition() -> None:
    client = GsiClient()
    client.freeze()
    rifle, knife = client.body["player"]["weapons"]["weapon_1"], client.body["player"]["weapons"]["weapon_0"]
    rifle["state"], knife["state"] = "holstered", "active"
    client.live()
    client.count_kill()
    client.post()
    assert only_match(client)["kills"] == [{"round": 1, "weapon": "knife", "confidence": "medium"}]


def test_a_grenade_thrown_just_before_is_the_weapon() -> None:
    client = GsiClient()
    client.freeze()
    client.body["player"]["weapons"]["weapon_2"] = {"name": "weapon_hegrenade", "type": "Grenade", "ammo_reserve": 1}
    client.live()
    del client.body["player"]["weapons"]["weapon_2"]
    client.post()
    client.count_kill()
    client.post(after_s=1.5)
    assert only_match(client)["kills"] == [{"round": 1, "weapon": "hegrenade", "confidence": "medium"}]


def test_trap_13_deathmatch_has_no_rounds() -> None:
    client = GsiClient(mode="deathmatch")
    client.freeze()
    client.live()
    client.kill()
    assert matches(client) == []


def test_trap_13_typing_is_playing() -> None:
    client = GsiClient()
    client.freeze()
    client.body["player"]["activity"] = "textinput"
    client.live()
    client.kill()
    assert len(only_match(client)["kills"]) == 1


def test_trap_14_absent_statistics_are_absent() -> None:
    client = GsiClient()
    client.freeze()
    client.body["player"].pop("match_stats")
    client.live()
    match = only_match(client)
    assert match["own"]["deaths"] == 0  # as sent in freeze time, not overwritten by the absence
    bare = GsiClient()
    bare.body["player"].pop("match_stats")
    bare.post()
    assert only_match(bare)["own"]["deaths"] is None


def test_spectating_and_playback_are_quarantined() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.body["allplayers"] = {"1": {"name": "Birch"}}
    client.count_round("T")
    client.post()
    state, events = reduce_all(client.observations)
    assert sum(isinstance(event, Quarantined) for event in events) == 1
    assert state.counters.quarantined == 1
    assert len(matches_document(sessions_of(events, state))[0]["rounds"]) == 1


def test_a_late_post_is_reported_and_changes_nothing() -> None:
    client = GsiClient()
    client.play_round("CT")
    client.play_round("T")
    posts = [*client.observations, client.observations[2]]
    state, events = reduce_all(posts)
    assert isinstance(events[-1], PostIgnored)
    assert state.session == reduce_all(client.observations)[0].session


def test_a_lost_post_is_reported() -> None:
    client = GsiClient()
    client.play_round("CT", kills=2)
    without = [observation for number, observation in enumerate(client.observations) if number != 2]
    _, events = reduce_all(without)
    assert [event.paths for event in events if isinstance(event, PostLost)] != []
    assert not [event for event in reduce_all(client.observations)[1] if isinstance(event, PostLost)]


def test_the_state_survives_a_restart_of_the_process() -> None:
    client = GsiClient()
    for winner in WINNERS:
        client.play_round(winner, kills=1)
    whole, _ = reduce_all(client.observations)
    state = LiveState()
    for observation in client.observations:
        state = msgspec.json.decode(msgspec.json.encode(state), type=LiveState)
        state, _ = reduce_all([observation], state)
    assert state == whole
