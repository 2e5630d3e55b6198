"""What simulated clients post of a scripted match, trait by trait of a real client."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from makers.gsi_truth import EXACT, START, Watched, watch
from makers.scripted_match import Script, ScriptedMatch, setup_of, with_coach
from offangle_sim.gsi.client import LiveClients
from offangle_sim.gsi.settings import NS_PER_S, ClientSettings
from offangle_sim.gsi.sinks import JsonlSink, epoch_ns
from offangle_sim.server.server import Server

Body = dict[str, Any]
PLAIN = ClientSettings(
    loss_rate=0.0, slow_rate=0.0, untold_winner_rate=0.0, missed_over_rate=0.0, distraction_every_s=1e6
)
FULL_WEAPON = ["name", "paintkit", "type", "ammo_clip", "ammo_clip_max", "ammo_reserve", "state"]


@pytest.fixture(scope="module")
def halves() -> Watched:
    """Two halves of two rounds and an overtime."""
    return watch(Script(rounds=7, max_rounds=4, live_ticks=448, post_ticks=320, inputs=False), settings=PLAIN)


def own_blocks(match: Watched, slot: int) -> Iterator[Body]:
    for body in match.bodies(slot):
        player = body.get("player")
        if player is not None and "state" in player and player["steamid"] == body["provider"]["steamid"]:
            yield player


def runs(values: list[Any]) -> list[Any]:
    """Without repetitions."""
    return [value for value, _ in itertools.groupby(values)]


def phases(match: Watched, slot: int) -> list[tuple[str, str | None]]:
    return runs([(b["map"]["phase"], b.get("round", {}).get("phase")) for b in match.bodies(slot) if "map" in b])


# --- the whole


def test_a_stream_goes_from_the_menu_over_the_map_to_the_match_and_back(halves: Watched) -> None:
    for slot in halves.posts:
        bodies = halves.bodies(slot)
        assert bodies[0]["player"]["activity"] == "menu"
        assert set(bodies[0]) == {"provider", "player", "auth"}
        loading = next(body for body in bodies if "map" in body)
        assert loading["map"]["phase"] == "warmup"
        assert "player" not in loading
        assert bodies[-1]["player"]["activity"] == "menu"
        assert bodies[-1]["previously"]["map"] is True


def test_the_same_seed_posts_the_same() -> None:
    script = Script(rounds=1, live_ticks=200, inputs=False)
    assert watch(script, seed=4).posts == watch(script, seed=4).posts
    assert watch(script, seed=4).posts != watch(script, seed=5).posts


def test_bots_post_nothing_and_a_coach_sees_no_player() -> None:
    script = Script(rounds=1, live_ticks=200, bots=(0, 6), inputs=False)
    match = watch(script, setup=with_coach(setup_of(script), 10))
    assert match.posts[0] == match.posts[6] == []
    assert len(match.posts[1]) > 3
    assert all("player" not in body for body in match.bodies(10) if "map" in body)


def test_a_claim_always_names_what_the_post_before_said(halves: Watched) -> None:
    for slot in halves.posts:
        for before, now in itertools.pairwise(halves.bodies(slot)):
            for path, old in _leaves(now.get("previously", {})):
                assert _at(before, path) == old or (old is True and isinstance(_at(before, path), dict))


def test_phases_follow_each_other_as_a_client_shows_them(halves: Watched) -> None:
    seen = phases(halves, 2)
    half = [("live", "freezetime"), ("live", "live"), ("live", "over")]
    assert seen[:8] == [
        ("warmup", None),
        *half,
        ("live", "freezetime"),
        ("live", "live"),
        ("intermission", "over"),
        half[0],
    ]
    assert seen[-1] == ("gameover", "over")


# --- the match


def test_the_round_counter_is_raised_while_over(halves: Watched) -> None:
    shown = [(b["map"]["round"], b["round"]["phase"]) for b in halves.bodies(1) if "round" in b]
    assert runs(shown)[:6] == [
        (0, "freezetime"), (0, "live"), (1, "over"), (1, "freezetime"), (1, "live"), (2, "over"),
    ]  # fmt: skip


def test_teams_and_scores_swap_with_the_freeze_time_after_half_time(halves: Watched) -> None:
    bodies = [body for body in halves.bodies(0) if "round" in body]
    last = max(
        number
        for number, body in enumerate(bodies)
        if body["map"]["phase"] == "intermission" and body["map"]["round"] == 2
    )
    before, after = bodies[last]["map"], bodies[last + 1]["map"]
    assert bodies[last + 1]["round"]["phase"] == "freezetime"
    assert [after["team_ct"]["score"], after["team_t"]["score"]] == [
        before["team_t"]["score"],
        before["team_ct"]["score"],
    ]
    assert after["team_ct"]["name"] == before["team_t"]["name"]
    own = [block["team"] for block in own_blocks(halves, 0)]
    assert runs(own)[:2] == ["T", "CT"]


def test_round_wins_say_how_and_overtime_begins_anew_without_its_first_round(halves: Watched) -> None:
    last = {body["map"]["round"]: body["map"].get("round_wins", {}) for body in halves.bodies(3) if "map" in body}
    assert last[0] == {}
    assert last[3] == {"1": "t_win_elimination", "2": "t_win_bomb", "3": "ct_win_elimination"}
    overtime = [b["map"] for b in halves.bodies(3) if "map" in b and b["map"]["round"] == 7][-1]
    assert overtime["round_wins"] == {"1": "t_win_elimination", "2": "t_win_bomb"}


def test_lost_rounds_in_a_row_are_counted_from_one_and_anew_in_each_half(halves: Watched) -> None:
    first: dict[tuple[int, str], tuple[int, int]] = {}
    for body in halves.bodies(3):
        if "round" in body:
            teams = (body["map"]["team_ct"], body["map"]["team_t"])
            losses = (teams[0]["consecutive_round_losses"], teams[1]["consecutive_round_losses"])
            first.setdefault((body["map"]["round"], body["round"]["phase"]), losses)
    assert first[0, "freezetime"] == (1, 1)
    assert first[1, "over"] == (2, 0)
    assert first[2, "over"] == (3, 0)
    assert first[2, "freezetime"] == (1, 1)


def test_a_pause_takes_a_teams_only_one() -> None:
    def pause(match: ScriptedMatch) -> None:
        match.now().timeout_started("t")

    match = watch(Script(rounds=1, live_ticks=200, inputs=False, before_round={0: pause}))
    maps = [body["map"] for body in match.bodies(0) if "round" in body]
    assert [maps[-1][f"team_{side}"]["timeouts_remaining"] for side in ("t", "ct")] == [0, 1]


def test_the_winner_is_told_or_not(halves: Watched) -> None:
    told = [body["round"].get("win_team") for body in halves.bodies(1) if body.get("round", {}).get("phase") == "over"]
    assert set(told) == {"T", "CT"}
    untold = watch(Script(rounds=1, live_ticks=200, inputs=False), settings=ClientSettings(untold_winner_rate=1.0))
    assert not any("win_team" in body.get("round", {}) for body in untold.bodies(1))


def test_a_missed_over_is_overtaken_by_the_next_round() -> None:
    settings = ClientSettings(loss_rate=0.0, missed_over_rate=1.0, distraction_every_s=1e6)
    match = watch(Script(rounds=2, live_ticks=448, inputs=False), settings=settings)
    assert runs([(body["map"]["round"], body["round"]["phase"]) for body in match.bodies(0) if "round" in body]) == [
        (0, "freezetime"), (0, "live"), (1, "freezetime"), (1, "live"), (2, "over"),
    ]  # fmt: skip


def test_the_bomb_is_told_late_and_only_while_it_matters() -> None:
    script = Script(rounds=2, live_ticks=640, post_ticks=128, inputs=False)
    match = watch(script, settings=PLAIN)
    (planted, _, exploded, *_), start_ns = _bomb_ticks(match), epoch_ns(START)
    delays = set()
    for slot in match.posts:
        first = next(ns for ns, body in match.posts[slot] if body.get("round", {}).get("bomb") == "planted")
        delays.add(round((first - start_ns) / NS_PER_S - planted / 64, 2))
    assert len(delays) > 5
    assert min(delays) >= 0.0
    assert 1.0 < max(delays) < 2.2
    over = [body["round"] for body in match.bodies(0) if body.get("round", {}).get("phase") == "over"]
    assert [block.get("bomb") for block in (over[0], over[-1])] == [None, "exploded"]
    assert exploded > planted
    assert all("bomb" not in b["round"] for b in match.bodies(0) if b.get("round", {}).get("phase") == "freezetime")


def test_warmup_has_no_round_and_a_knife_round_counts_and_is_taken_back() -> None:
    match = watch(Script(rounds=1, knife_round=True, warmup_ticks=200, live_ticks=200, inputs=False), settings=PLAIN)
    shown = runs([(b["map"]["phase"], b["map"]["round"]) for b in match.bodies(0) if "map" in b])
    assert shown == [("warmup", 0), ("live", 0), ("live", 1), ("live", 0), ("live", 1), ("gameover", 1)]
    assert all("round" not in body for body in match.bodies(0) if body.get("map", {}).get("phase") == "warmup")


# --- the player


def test_a_dead_player_is_empty_for_three_seconds_then_gone_or_a_mate(halves: Watched) -> None:
    kinds = set()
    for slot in halves.posts:
        for (ns, body), (later_ns, later) in itertools.pairwise(halves.posts[slot]):
            player = body.get("player", {})
            if player.get("state", {}).get("health") != 0 or player["steamid"] != str(halves.steam_id(slot)):
                continue
            assert player["weapons"] == {}
            assert player["state"]["equip_value"] > 0
            assert player["state"]["armor"] == 0
            shown = later.get("player", {}).get("steamid")
            if later["round"]["phase"] == "live" and shown != str(halves.steam_id(slot)):
                kinds.add("gone" if shown is None else "mate")
                died_ns = ns if body.get("previously", {}).get("player", {}).get("state", {}).get("health") else None
                assert died_ns is None or 2.5 < (later_ns - died_ns) / NS_PER_S < 3.5
    assert kinds == {"gone", "mate"}


def test_a_mate_is_shown_with_his_own_figures_and_side(halves: Watched) -> None:
    ids = {str(halves.steam_id(slot)): slot for slot in halves.posts}
    watched = 0
    for slot in halves.posts:
        for body in halves.bodies(slot):
            player = body.get("player", {})
            if player.get("steamid") != body["provider"]["steamid"] and "state" in player:
                mate = halves.recorder.player(ids[player["steamid"]])
                assert mate.entry.team == halves.recorder.player(slot).entry.team
                assert player["name"] == mate.entry.name
                assert player["state"]["health"] > 0
                watched += 1
    assert watched


def test_round_kills_rise_in_the_round_and_begin_anew_in_freeze_time(halves: Watched) -> None:
    for slot in halves.posts:
        for body in halves.bodies(slot):
            state = body.get("player", {}).get("state")
            if state and body.get("round", {}).get("phase") == "freezetime":
                assert state["round_kills"] == state["round_killhs"] == 0
    most = max(block["state"]["round_kills"] for slot in halves.posts for block in own_blocks(halves, slot))
    assert most >= 2


def test_weapons_have_the_games_names_and_figures(halves: Watched) -> None:
    weapons = {w["name"]: w for slot in halves.posts for b in own_blocks(halves, slot) for w in b["weapons"].values()}
    assert {"weapon_glock", "weapon_ak47", "weapon_m4a1", "weapon_usp_silencer", "weapon_c4"} <= set(weapons)
    assert list(weapons["weapon_ak47"]) == FULL_WEAPON
    assert weapons["weapon_ak47"]["type"] == "Rifle"
    assert list(weapons["weapon_c4"]) == ["name", "paintkit", "type", "state"]
    assert list(weapons["weapon_flashbang"]) == ["name", "paintkit", "type", "ammo_reserve", "state"]
    assert any(name.startswith(("weapon_knife_", "weapon_bayonet")) for name in weapons)
    states = {w["state"] for w in weapons.values()}
    assert states <= {"active", "holstered", "reloading"}


def test_what_is_out_of_the_ordinary_shows_in_the_block() -> None:
    def equip(match: ScriptedMatch) -> None:
        recorder = match.now()
        for name in ("taser", "flashbang", "flashbang", "negev"):
            recorder.given(2, name)
        recorder.set_player_state(2, has_kit=True, armor=100, has_helmet=True)
        recorder.weapon_selected(2, "negev")

    def shoot(match: ScriptedMatch) -> None:
        match.now().shot(2)
        match.now().reload_begun(2)

    script = Script(
        rounds=1, live_ticks=300, inputs=False, in_round={(0, 10): equip, (0, 15): shoot},
    )  # fmt: skip
    match = watch(script, settings=PLAIN)
    block = next(b for b in own_blocks(match, 2) if any(w["state"] == "reloading" for w in b["weapons"].values()))
    weapons = {weapon["name"]: weapon for weapon in block["weapons"].values()}
    assert "type" not in weapons["weapon_taser"]
    assert weapons["weapon_flashbang"]["ammo_reserve"] == 2
    assert weapons["weapon_negev"]["type"] == "Machine Gun"
    assert weapons["weapon_negev"]["ammo_clip"] == 149
    assert block["state"]["defusekit"] is True
    assert not any("defusekit" in block["state"] for block in own_blocks(match, 3))


def test_fire_smoke_and_flashes_are_seen() -> None:
    def burn(match: ScriptedMatch) -> None:
        match.now().hurt(7, attacker_slot=1, weapon="inferno", damage=8)

    def smoke(match: ScriptedMatch) -> None:
        recorder = match.now()
        recorder.given(8, "smokegrenade")
        thrown = recorder.grenade_thrown(8, "smokegrenade", position=recorder.player(8).position, velocity=(0, 0, 0))
        recorder.grenade_detonated(thrown)

    def blind(match: ScriptedMatch) -> None:
        recorder = match.now()
        recorder.given(1, "flashbang")
        thrown = recorder.grenade_thrown(1, "flashbang", position=(0, 0, 0), velocity=(0, 0, 0))
        recorder.grenade_detonated(thrown)
        recorder.blinded(6, attacker_slot=1, grenade=thrown, duration_s=2.0)

    acts: dict[tuple[int, int], Callable[[ScriptedMatch], None]] = {(0, 10): burn, (0, 12): smoke, (0, 14): blind}
    match = watch(Script(rounds=1, live_ticks=260, inputs=False, in_round=acts), settings=PLAIN)
    for slot, name in ((7, "burning"), (8, "smoked"), (6, "flashed")):
        seen = [block["state"][name] for block in own_blocks(match, slot)]
        assert max(seen) > 100, name
        assert seen[0] == 0
    assert [block["state"]["flashed"] for block in own_blocks(match, 6)][-1] == 0


def test_now_and_then_somebody_types_or_looks_at_the_menu() -> None:
    match = watch(Script(rounds=3, live_ticks=640, inputs=False), settings=ClientSettings(distraction_every_s=8.0))
    activities = {block["activity"] for slot in match.posts for block in own_blocks(match, slot)}
    assert activities == {"playing", "textinput", "menu"}


def test_the_scoreboard_line_is_the_recorders(halves: Watched) -> None:
    for slot in halves.posts:
        seen = [block["match_stats"] for block in own_blocks(halves, slot)][-1]
        totals = halves.recorder.player(slot).totals
        assert seen == {name: getattr(totals, name) for name in seen}


# --- away


def test_who_leaves_is_in_the_menu_or_silent_and_comes_back_without_a_player() -> None:
    gone, back = (0, 30), 1

    def leave(match: ScriptedMatch) -> None:
        for slot in range(10):
            match.now().player_left(slot) if slot in {1, 2, 3, 6, 7, 8} else None

    def rejoin(match: ScriptedMatch) -> None:
        for slot in (1, 2, 3, 6, 7, 8):
            match.now().player_reconnected(slot)

    script = Script(rounds=2, live_ticks=300, inputs=False, in_round={gone: leave}, before_round={back: rejoin})
    match = watch(script, settings=PLAIN, seed=3)
    kinds = set()
    for slot in (1, 2, 3, 6, 7, 8):
        bodies = match.bodies(slot)
        menus = [
            n for n, body in enumerate(bodies) if body.get("player", {}).get("activity") == "menu" and "map" not in body
        ]
        away = next(n for n in menus if 2 < n < len(bodies) - 1 and "map" in bodies[n - 1] and "map" in bodies[n + 1])
        is_told = "previously" in bodies[away]
        kinds.add("menu" if is_told else "silent")
        assert not is_told or bodies[away]["previously"]["map"] is True
        assert bodies[away + 1]["map"]["phase"] == "live"
    assert kinds == {"menu", "silent"}


def test_deathmatch_has_no_rounds() -> None:
    match = watch(Script(rounds=1, live_ticks=200, inputs=False, mode="deathmatch"))
    modes = {body["map"]["mode"] for body in match.bodies(0) if "map" in body}
    assert modes == {"deathmatch"}


def test_wingman_has_the_games_word() -> None:
    match = watch(Script(rounds=1, live_ticks=200, inputs=False, mode="wingman", per_team=2))
    assert {body["map"]["mode"] for body in match.bodies(0) if "map" in body} == {"scrimcomp2v2"}


# --- files, and the real thing


def test_a_recording_is_a_line_per_post_with_the_time_of_arrival(tmp_path: Path) -> None:
    setup = setup_of(Script(rounds=1))
    recorder = Server(setup)
    clients = LiveClients(recorder, {1: JsonlSink(tmp_path / "1.jsonl")}, seed=1, start=START, settings=EXACT)
    recorder.tells(clients)
    recorder.begin_tick()
    recorder.player_joined(1)
    recorder.spawned(1, (0.0, 0.0, 0.0))
    for _ in range(64):
        recorder.end_tick()
        recorder.begin_tick()
    clients.close()
    rows = [json.loads(line) for line in (tmp_path / "1.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [list(row) for row in rows] == [["received_at", "body"]] * len(rows)
    assert all(re.fullmatch(r"2026-01-01T1[78]:\d\d:\d\d\.\d{3}Z", row["received_at"]) for row in rows)
    assert rows[0]["received_at"] < (START - timedelta(seconds=30)).isoformat()
    assert rows[-1]["body"]["player"]["state"]["health"] == 100


@pytest.mark.shared
def test_blocks_have_the_keys_order_and_types_of_a_real_recording(halves: Watched, shared_data: Path) -> None:
    lines = (shared_data / "gsi" / "cs2_player_build14108.jsonl").read_text(encoding="utf-8").splitlines()
    real, ours = _Shape(), _Shape()
    for line in lines:
        real.add(json.loads(line)["body"])
    for slot in halves.posts:
        for body in halves.bodies(slot):
            ours.add(body)
    told_more = {".map.team_ct.name str", ".map.team_t.name str"}  # that client had no clan
    assert {leaf for leaf in ours.leaves if ".round_wins." not in leaf} - told_more <= real.leaves
    assert real.leaves - ours.leaves == {".player.state.defusekit bool"}
    assert {keys for keys in ours.orders if keys[0] != "name" or "type" in keys} <= real.orders | ours.known


class _Shape:
    """Paths with types, and the orders of keys."""

    def __init__(self) -> None:
        self.leaves: set[str] = set()
        self.orders: set[tuple[str, ...]] = set()

    known = frozenset(
        {
            ("name", "paintkit", "type", "ammo_reserve", "state"),  # grenades; that client held none
            ("mode", "name", "phase", "round", "team_ct", "team_t", "num_matches_to_win_series", "round_wins"),
            ("score", "name", "consecutive_round_losses", "timeouts_remaining", "matches_won_this_series"),
        }
    )

    def add(self, body: Body) -> None:
        self._walk({name: block for name, block in body.items() if name not in ("previously", "added")}, "")

    def _walk(self, block: Body, path: str) -> None:
        if path and not path.endswith((".weapons", ".round_wins")):
            self.orders.add(tuple(block))
        for key, value in block.items():
            inner = f"{path}.{re.sub('weapon_[0-9]+', 'weapon_N', key)}"
            if isinstance(value, dict):
                self._walk(value, inner)
            else:
                self.leaves.add(f"{inner} {type(value).__name__}")


def _leaves(block: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(block, dict):
        yield path, block
        return
    for key, value in block.items():
        yield from _leaves(value, (*path, key))


def _at(body: Body, path: tuple[str, ...]) -> Any:
    found: Any = body
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _bomb_ticks(match: Watched) -> list[int]:
    rows = match.recorder.keeper.log.known("bomb_events")
    planted = next(row["tick"] for row in rows if row["event"] == "planted")
    exploded = next(row["tick"] for row in rows if row["event"] == "exploded")
    return [planted, 0, exploded]
