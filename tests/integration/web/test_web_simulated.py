"""Simulated matches are marked wherever they appear, and never counted together with real ones."""

import pytest
from django.test import Client

from makers.api_world import World
from makers.house import services
from makers.rows import publish_match
from offangle.db.models import Match, PlayerMatchStat, User
from offangle.db.queries.access import visible_matches
from offangle.db.queries.patterns import pattern_frames
from offangle.flows.asking.sql_explorer import run_query

MARK = b">Simulated</span>"
PLAYER_TABS = ("", "weapons/", "economy/")


def publish(user: User, seed: int, *, simulated: bool) -> Match:
    """The same ten players in every match, whether simulated or not."""
    return publish_match(user, seed, is_simulated=simulated)


def player_of(match: Match) -> PlayerMatchStat:
    row = match.player_stats.filter(side="all").order_by("steam_account").first()
    assert row is not None
    return row


def test_pages_mark_a_simulated_match_and_no_real_one(world: World, member: Client) -> None:
    real, simulated = publish(world.member, 1, simulated=False), publish(world.member, 2, simulated=True)
    assert member.get("/").content.count(MARK) == 1
    for tab in ("", "rounds/", "rounds/1/", "economy/", "checks/"):
        page = member.get(f"/matches/{simulated.pk}/{tab}").content
        assert MARK in page, tab
        assert b"<title>Simulated" in page, tab
        assert b"imulated" not in member.get(f"/matches/{real.pk}/{tab}").content, tab


def test_pages_of_a_player_of_simulated_matches_only_are_marked(world: World, member: Client) -> None:
    steam_id = player_of(publish(world.member, 1, simulated=True)).steam_account_id
    for tab in PLAYER_TABS:
        page = member.get(f"/players/{steam_id}/{tab}").content
        assert MARK in page, tab
        assert b"<title>Simulated" in page, tab
    assert member.get("/players/").content.count(MARK) == 10


def test_figures_trends_and_patterns_of_a_real_player_leave_simulated_matches_out(world: World, member: Client) -> None:
    real = publish(world.member, 1, simulated=False)
    steam_id = player_of(real).steam_account_id
    alone = member.get(f"/players/{steam_id}/").context
    simulated = publish(world.member, 2, simulated=True)
    page = member.get(f"/players/{steam_id}/")
    assert page.context["figures"] == alone["figures"]
    assert page.context["trends"] == [], "one real match makes no line"
    assert page.context["left_out"] == 1
    assert len(page.context["rows"]) == 2, "listed all the same"
    assert page.content.count(MARK) == 1
    assert b"<title>Simulated" not in page.content
    assert page.context["summary"].match_ids == [str(real.pk)]
    assert set(pattern_frames(visible_matches(world.member))[0]["match_id"]) == {str(real.pk), str(simulated.pk)}
    for tab in PLAYER_TABS[1:]:
        assert MARK not in member.get(f"/players/{steam_id}/{tab}").content


def test_the_list_of_players_has_a_row_for_each_kind(world: World, member: Client) -> None:
    publish(world.member, 1, simulated=False)
    publish(world.member, 2, simulated=True)
    page = member.get("/players/")
    rows = page.context["page"].object_list
    assert [row["matches"] for row in rows] == [1] * 20
    assert page.content.count(MARK) == 10


@pytest.mark.parametrize(("kinds", "told"), [((True,), {1}), ((False, True), {0}), ((False,), {0})])
def test_sql_sees_simulated_matches_only_where_there_are_no_others(
    world: World, kinds: tuple[bool, ...], told: set[int]
) -> None:
    for seed, simulated in enumerate(kinds, start=1):
        publish(world.member, seed, simulated=simulated)
    rows = run_query(services().store, world.member, "SELECT is_simulated FROM matches").rows
    assert {value for (value,) in rows} == told
    counted = run_query(services().store, world.member, "SELECT count(DISTINCT match_id) FROM player_round_states").rows
    assert counted == [[1]]
