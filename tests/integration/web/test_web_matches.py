"""The list of matches and a match's tabs, for owner, member, team-mate, stranger and nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from makers.api_world import World
from makers.house import services
from makers.page_text import source_of
from makers.rows import claim, publish_match
from offangle.db.models import Match
from offangle.flows.recorded.builds import place_of
from offangle.storage.tables import delete_tables

TABS = ("", "rounds/", "rounds/2/", "economy/", "checks/")
NOON = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)


def text_of(response: Any) -> str:
    return source_of(response)


def rows_of(response: Any) -> list[str]:
    """The maps listed, in order."""
    return [match.map_name for match, _ in response.context["rows"]]


def test_an_empty_list_says_what_to_do(member: Client) -> None:
    page = text_of(member.get("/"))
    assert "Drop one or more match files" in page
    assert "offangle import" in page


def test_the_list_shows_what_one_may_see(world: World, owner: Client, member: Client, stranger: Client) -> None:
    publish_match(world.member)
    assert rows_of(member.get("/")) == ["de_mirage"]
    assert rows_of(owner.get("/")) == ["de_mirage"]
    assert rows_of(stranger.get("/")) == []


def test_the_list_is_newest_first_and_paged_by_the_server(world: World, member: Client) -> None:
    first = publish_match(world.member, played_at=NOON)
    copies = [
        Match(**{**_columns(first), "played_at": NOON + timedelta(hours=n), "map_name": f"map_{n:02}"})
        for n in range(1, 31)
    ]
    Match.objects.bulk_create(copies)
    for copy in copies:
        copy.observations.create(user=world.member)
    page = member.get("/")
    assert rows_of(page) == [f"map_{n:02}" for n in range(30, 5, -1)]
    assert "1\N{EN DASH}25 of 31" in text_of(page)
    assert rows_of(member.get("/?page=2"))[-1] == "de_mirage"
    assert rows_of(member.get("/?page=nonsense")) == rows_of(page)


def _columns(match: Match) -> dict[str, Any]:
    names = ("source", "published_at", "tick_rate", "score_a", "score_b", "rounds_played", "pipeline_version")
    return {name: getattr(match, name) for name in names}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("map=de_nuke", ["de_nuke"]),
        ("map=de_vertigo", []),
        ("start=2026-05-18", ["de_nuke"]),
        ("end=2026-05-17", ["de_mirage"]),
        ("start=2026-05-17&end=2026-05-18", ["de_nuke", "de_mirage"]),
        ("start=2026-05-19&end=2026-05-01", []),
        ("start=yesterday", []),
        ("player=nobody+of+this+name", []),
        ("result=win", ["de_mirage"]),
        ("result=loss", ["de_nuke"]),
        ("result=draw", []),
        ("result=maybe", []),
    ],
)
def test_filters(world: World, member: Client, query: str, expected: list[str]) -> None:
    won = publish_match(world.member, 1, played_at=NOON, score_a=3, score_b=1)
    publish_match(world.member, 1001, map_name="de_nuke", played_at=NOON + timedelta(days=1), score_a=1, score_b=3)
    claim(world.member, won)
    found = member.get(f"/?{query}")
    if found.context["form"].errors:
        assert "These filters cannot be read" in text_of(found)
    else:
        assert rows_of(found) == expected


def test_a_player_is_found_by_part_of_a_name_and_by_steam_id(world: World, member: Client) -> None:
    match = publish_match(world.member)
    row = match.player_stats.filter(side="all").first()
    assert row is not None
    assert rows_of(member.get("/", {"player": row.name[1:].upper()})) == ["de_mirage"]
    assert rows_of(member.get("/", {"player": str(row.steam_account_id)})) == ["de_mirage"]


def test_the_list_says_how_it_ended_for_me(world: World, member: Client) -> None:
    match = publish_match(world.member, score_a=3, score_b=1)
    claim(world.member, match, team="b")
    assert [outcome for _, outcome in member.get("/").context["rows"]] == ["loss"]


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_for_those_who_may_see_it(
    world: World, owner: Client, member: Client, stranger: Client, anonymous: Client, tab: str
) -> None:
    match = publish_match(world.member)
    address = f"/matches/{match.pk}/{tab}"
    assert member.get(address).status_code == 200
    assert owner.get(address).status_code == 200
    hidden = stranger.get(address)
    assert hidden.status_code == 404
    assert "No such match" in text_of(hidden)
    sent_away = anonymous.get(address)
    assert sent_away.status_code == 302
    assert sent_away["Location"] == f"/sign-in/?next={address}"


def test_a_team_mate_sees_a_match_and_cannot_delete_it(world: World, stranger: Client) -> None:
    match = publish_match(world.member)
    claim(world.stranger, match)
    page = stranger.get(f"/matches/{match.pk}/")
    assert page.status_code == 200
    assert "Delete this match?" not in text_of(page)
    refused = stranger.post(f"/matches/{match.pk}/delete/")
    assert refused.status_code == 403
    assert "Ask its owner" in text_of(refused)
    assert Match.objects.filter(pk=match.pk).exists()


def test_the_scoreboard_has_every_player_and_the_registrys_hints(world: World, member: Client) -> None:
    match = publish_match(world.member)
    page = member.get(f"/matches/{match.pk}/")
    shown = [line.name for board in page.context["boards"] for line in board["lines"]]
    stored = match.player_stats.filter(side="all").values_list("name", flat=True)
    assert sorted(shown) == sorted(stored)
    assert "Share of rounds with a kill, an assist, survival or a traded death." in text_of(page)


@pytest.mark.parametrize("columns", ["main", "combat", "duels", "feats", "rest"])
@pytest.mark.parametrize("side", ["all", "t", "ct"])
def test_the_scoreboard_by_side_and_columns(world: World, member: Client, side: str, columns: str) -> None:
    match = publish_match(world.member)
    page = member.get(f"/matches/{match.pk}/?side={side}&columns={columns}")
    lines = [line for board in page.context["boards"] for line in board["lines"]]
    assert len(lines) == match.player_stats.filter(side=side).count()
    stored = {row.steam_account_id: row for row in match.player_stats.filter(side=side)}
    for line in lines:
        assert [value for _, value in line.cells] == [
            stored[line.steam_id].metrics[metric.name] for metric, _ in line.cells
        ]


def test_a_side_that_is_none_is_refused_with_the_choices(world: World, member: Client) -> None:
    match = publish_match(world.member)
    refused = member.get(f"/matches/{match.pk}/?side=left")
    assert refused.status_code == 400
    assert "One of: all, t, ct." in text_of(refused)


def test_the_round_tells_its_kills_in_order(world: World, member: Client) -> None:
    match = publish_match(world.member)
    detail = member.get(f"/matches/{match.pk}/rounds/2/").context["detail"]
    kills = [event for event in detail["feed"] if event["kind"] == "kill"]
    assert kills
    assert [event["tick"] for event in kills] == sorted(event["tick"] for event in kills)
    assert (detail["before"], detail["after"]) == (1, 3)
    assert sum(len(side["players"]) for side in detail["sides"]) == 10


def test_the_score_after_the_last_round_is_the_final_score(world: World, member: Client) -> None:
    match = publish_match(world.member)
    lines = member.get(f"/matches/{match.pk}/rounds/").context["lines"]
    assert lines[-1].score == (match.score_a, match.score_b) == (3, 1)
    assert [line.opens_half for line in lines] == [False, False, True, False]


def test_the_economy_adds_up(world: World, member: Client) -> None:
    match = publish_match(world.member)
    page = member.get(f"/matches/{match.pk}/economy/")
    for slot, row in zip(page.context["chart"]["slots"], match.rounds.order_by("number"), strict=True):
        for bar in slot.bars:
            states = match.player_round_states.filter(round=row, side=bar.side)
            assert bar.value == sum(state.equipment_value or 0 for state in states)
    for _, _, rows in page.context["classes"]:
        assert sum(len(row["played"]) for row in rows) == 4


def test_players_with_equal_figures_stand_by_name_whatever_order_the_database_gives(
    world: World, member: Client
) -> None:
    match = publish_match(world.member)
    one = match.player_stats.filter(side="all", team="a").order_by("name").first()
    assert one is not None
    match.player_stats.update(metrics=one.metrics)
    match.player_stats.filter(steam_account=one.steam_account).update(
        name="Zelkova"
    )  # PostgreSQL moves what is updated
    names = match.player_stats.filter(side="all", team="a").order_by("name").values_list("name", flat=True)
    page = member.get(f"/matches/{match.pk}/")
    (board,) = [board for board in page.context["boards"] if board["team"] == "a"]
    assert [line.name for line in board["lines"]] == list(names)
    assert {top.name for top in page.context["tops"]} == {names[0]}


def test_a_match_whose_tables_are_gone_still_opens(world: World, member: Client) -> None:
    match = publish_match(world.member)
    assert match.build is not None
    delete_tables(services().store, place_of(match.build), match.build.tables)
    page = member.get(f"/matches/{match.pk}/rounds/1/")
    assert page.status_code == 200
    assert "The kills of this match are not stored." in text_of(page)
    assert "not stored for this match" in text_of(page)


def test_a_match_without_a_round_explains_itself(world: World, member: Client) -> None:
    match = publish_match(world.member)
    match.rounds.all().delete()
    assert "No completed round" in text_of(member.get(f"/matches/{match.pk}/rounds/"))
    assert "No economy in this recording" in text_of(member.get(f"/matches/{match.pk}/economy/"))


def test_failed_checks_are_named_first(world: World, member: Client) -> None:
    match = publish_match(world.member, checks_failed=1)
    analysis = match.analysis
    analysis.checks[3]["ok"] = False
    analysis.save()
    page = member.get(f"/matches/{match.pk}/checks/")
    assert f"1 of {len(page.context['failed']) + len(page.context['passed'])} checks differs" in text_of(page)
    assert [check["name"] for check in page.context["failed"]] == [analysis.checks[3]["name"]]
    assert "1 differs" in text_of(member.get("/"))


@pytest.mark.parametrize(
    "address", ["/matches/7/", "/matches/not-an-id/", "/matches/{}/nonsense/", "/matches/{}/rounds/99/"]
)
def test_malformed_and_missing_addresses_are_pages_too(world: World, member: Client, address: str) -> None:
    match = publish_match(world.member)
    missing = member.get(address.format(match.pk))
    assert missing.status_code == 404
    assert "To the matches" in text_of(missing)


def test_a_match_that_never_was_looks_like_somebody_elses(world: World, stranger: Client) -> None:
    match = publish_match(world.member)
    never, theirs = stranger.get(f"/matches/{uuid4()}/"), stranger.get(f"/matches/{match.pk}/")
    strip = [
        text_of(page).replace(str(page.wsgi_request.META["CSRF_COOKIE"]), "")
        if "CSRF_COOKIE" in page.wsgi_request.META
        else text_of(page)
        for page in (never, theirs)
    ]
    assert never.status_code == theirs.status_code == 404
    assert strip[0].split("<main")[1] == strip[1].split("<main")[1]


def test_deleting_needs_a_post_with_a_token_of_ours(world: World, member: Client) -> None:
    match = publish_match(world.member)
    assert member.get(f"/matches/{match.pk}/delete/").status_code == 405
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(world.member)
    refused = careful.post(f"/matches/{match.pk}/delete/")
    assert refused.status_code == 403
    assert "reload the page" in text_of(refused)
    assert Match.objects.filter(pk=match.pk).exists()


def test_deleting(world: World, member: Client, stranger: Client) -> None:
    match = publish_match(world.member)
    assert stranger.post(f"/matches/{match.pk}/delete/").status_code == 404
    done = member.post(f"/matches/{match.pk}/delete/", follow=True)
    assert "was deleted" in text_of(done)
    assert not Match.objects.filter(pk=match.pk).exists()
    assert member.post(f"/matches/{match.pk}/delete/").status_code == 404


@pytest.mark.parametrize(
    ("tab", "queries"), [("", 7), ("rounds/", 6), ("rounds/2/", 7), ("economy/", 8), ("checks/", 7)]
)
def test_a_page_asks_the_database_a_bounded_number_of_times(
    world: World, member: Client, django_assert_max_num_queries: DjangoAssertNumQueries, tab: str, queries: int
) -> None:
    match = publish_match(world.member)
    with django_assert_max_num_queries(queries):
        assert member.get(f"/matches/{match.pk}/{tab}").status_code == 200


def test_the_lists_queries_do_not_grow_with_its_rows(
    world: World, member: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for seed in range(1, 4):
        publish_match(world.member, seed)
    with django_assert_max_num_queries(6):
        assert len(rows_of(member.get("/"))) == 3
