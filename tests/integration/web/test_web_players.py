"""Players: only those of matches that one may see, and only what these matches tell."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from makers.api_world import World
from makers.rows import claim, publish_match
from makers.summaries import work_out_summaries
from offangle.db.models import PlayerMatchStat


def somebody(seed: int = 1) -> PlayerMatchStat:
    row = PlayerMatchStat.objects.filter(side="all").order_by("steam_account")[seed]
    return PlayerMatchStat.objects.get(pk=row.pk)


def test_the_list_and_its_search(world: World, member: Client, stranger: Client) -> None:
    publish_match(world.member, 1)
    publish_match(world.member, 2)
    player = somebody()
    page = member.get("/players/")
    assert all(row["matches"] >= 1 for row in page.context["page"].object_list)
    found = member.get("/players/", {"search": player.name}).context["page"].object_list
    assert player.steam_account_id in [row["steam_account_id"] for row in found]
    assert b"Nobody of that name" in member.get("/players/?search=zzzzzz").content
    assert b"No players yet" in stranger.get("/players/").content


def test_the_lists_averages_are_those_of_the_players_page(world: World, member: Client) -> None:
    publish_match(world.member, 1)
    publish_match(world.member, 2)
    for row in member.get("/players/").context["page"].object_list:
        page = member.get(f"/players/{row['steam_account_id']}/")
        shown = {metric.name: value for metric, value in page.context["averages"]}
        assert row["adr_mean"] == pytest.approx(shown["adr"])
        assert row["rating"] == pytest.approx(shown["rating_2_est"])


def test_averages_weigh_rounds_not_matches(world: World, member: Client) -> None:
    publish_match(world.member, 1)
    publish_match(world.member, 2)
    player = somebody()
    rows = list(PlayerMatchStat.objects.filter(side="all", steam_account=player.steam_account_id))
    page = member.get(f"/players/{player.steam_account_id}/")
    shown = {metric.name: value for metric, value in page.context["averages"]}
    assert shown["adr"] == pytest.approx(sum(row.damage for row in rows) / sum(row.rounds_played for row in rows))
    assert page.context["figures"]["matches"] == len(rows)


def test_trends_need_two_matches(world: World, member: Client) -> None:
    publish_match(world.member, 1)
    player = somebody()
    assert member.get(f"/players/{player.steam_account_id}/").context["trends"] == []
    publish_match(world.member, 2)
    both = PlayerMatchStat.objects.filter(side="all", steam_account=player.steam_account_id).count()
    assert both == 2
    trends = member.get(f"/players/{player.steam_account_id}/").context["trends"]
    assert [trend.metric.name for trend in trends] == ["rating_2_est", "adr", "kast", "hs_percent"]
    assert all(len(trend.points.split()) == trend.matches for trend in trends)


def test_a_player_of_somebody_elses_matches_is_unknown(world: World, stranger: Client) -> None:
    publish_match(world.member)
    assert stranger.get(f"/players/{somebody().steam_account_id}/").status_code == 404


def test_ones_own_page_says_so(world: World, member: Client) -> None:
    account = claim(world.member, publish_match(world.member))
    assert b">You<" in member.get(f"/players/{account.pk}/").content


@pytest.mark.parametrize("steam_id", ["0", "-5", "76561197960287930", "99999999999999999999", "abc", "1e5", "٣"])
def test_ids_that_are_none_or_nobodys_are_not_found(member: Client, steam_id: str) -> None:
    assert member.get(f"/players/{steam_id}/").status_code == 404


def test_the_page_asks_the_database_a_bounded_number_of_times(
    world: World, member: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for seed in (1, 2, 3):
        publish_match(world.member, seed)
    steam_id = somebody().steam_account_id
    with django_assert_max_num_queries(18):  # asks for what it rests on, once
        assert member.get(f"/players/{steam_id}/").status_code == 200
    work_out_summaries()
    with django_assert_max_num_queries(14):
        assert member.get(f"/players/{steam_id}/").status_code == 200


def test_anonymous_and_wrong_methods(world: World, member: Client, anonymous: Client) -> None:
    publish_match(world.member)
    steam_id = somebody().steam_account_id
    assert anonymous.get(f"/players/{steam_id}/").status_code == 302
    assert anonymous.get("/players/").status_code == 302
    assert member.post(f"/players/{steam_id}/").status_code == 405
    assert member.post("/players/").status_code == 405
