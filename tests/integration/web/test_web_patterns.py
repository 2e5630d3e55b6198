"""Patterns of a player: on the player page, by weapon and by economy, each number with its rounds."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from makers.api_world import World
from makers.gsi_posts import OWN, GsiClient
from makers.house import services
from makers.live_world import own_account, play, publish_live
from makers.page_text import source_of
from makers.rows import publish_match
from makers.summaries import work_out_summaries, worked_out
from offangle.db.models import Match, Observation, PlayerMatchStat, PlayerSummary
from offangle.db.queries.summaries import KEPT_FOR, prune_summaries
from offangle.flows.recorded.delete import delete_match
from offangle.flows.summaries.summary import fail
from offangle.jobs.kinds import JobFailure
from offangle.web.templatetags import patterns


@pytest.fixture
def somebody(world: World) -> int:
    publish_match(world.member, 1)
    publish_match(world.member, 2)
    rows = PlayerMatchStat.objects.filter(side="all", steam_account__gt=0)
    return rows.order_by("steam_account")[0].steam_account_id


@pytest.fixture
def lopsided(world: World) -> int:
    """A player of two live matches who wins every round as CT without a kill, and loses all as T with two in each."""
    own_account(world.member)
    client = GsiClient()
    for map_name in ("de_mirage", "de_nuke"):
        client.body["map"]["name"], client.side = map_name, "CT"
        client.restart()
        play(client, "C" * 12, kills=0)
        client.switch_sides()
        play(client, "C" * 12, kills=2)
        client.menu()
        client.now_s += 3600
    publish_live(client, ago_s=60)
    return OWN


def test_too_few_rounds_say_so(somebody: int, member: Client) -> None:
    page = worked_out(member, f"/players/{somebody}/").content.decode()
    assert "Patterns" in page
    assert "stands out" in page or "needed before a pattern" in page


def test_findings_carry_interval_count_q_value_and_rounds(lopsided: int, member: Client) -> None:
    page = worked_out(member, f"/players/{lopsided}/")
    found = page.context["patterns"]
    assert found.strengths
    assert found.weaknesses
    for finding in [*found.strengths, *found.weaknesses]:
        assert finding.q_value <= 0.1
        assert finding.evidence.rounds == finding.rounds
    assert all(finding.advice for finding in found.weaknesses)
    text = source_of(page)
    first = found.strengths[0]
    assert f"{first.rounds} rounds · {first.chance}" in text
    group = first.evidence.matches[0]
    assert f"/matches/{group.match_id}/rounds/{group.numbers[0]}/" in text


def test_weapons_per_map_and_over_all(lopsided: int, member: Client) -> None:
    every = worked_out(member, f"/players/{lopsided}/weapons/")
    rows = {row["weapon"]: row for row in every.context["rows"]}
    assert (rows["ak47"]["rounds_used"], rows["ak47"]["kills"]) == (48, 48)
    assert rows["ak47"]["tier"] is None
    assert "so far, too few rounds" in every.content.decode()
    nuke = member.get(f"/players/{lopsided}/weapons/", {"map": "de_nuke", "weapon": "ak47"})
    assert next(row for row in nuke.context["rows"] if row["weapon"] == "ak47")["rounds_used"] == 24
    found = nuke.context["evidence"]
    assert found.rounds == 24
    assert {each.title for each in found.matches} == {"Nuke"}
    assert f"/matches/{found.matches[0].match_id}/rounds/1/" in nuke.content.decode()


def test_economy_links_each_number_to_its_rounds(lopsided: int, member: Client) -> None:
    page = worked_out(member, f"/players/{lopsided}/economy/")
    full = next(row for row in page.context["states"] if row["buy"] == "full")
    assert (full["rounds"], full["wins"]) == (48, 24)
    behind = member.get(f"/players/{lopsided}/economy/", {"side": "all", "buy": "full"})
    assert behind.context["evidence"].rounds == 48
    row = next(row for row in page.context["matrix"] if row["previous_outcome"] == "lost")
    cell = next(cell for cell in row["cells"] if cell)
    query = {name: cell[name] for name in ("previous_buy", "previous_outcome", "buy")}
    behind = member.get(f"/players/{lopsided}/economy/", {"side": "all", **query})
    assert behind.context["evidence"].rounds == cell["rounds"]


def test_recorded_matches_fill_the_same_pages(somebody: int, member: Client) -> None:
    for tab in ("weapons", "economy"):
        page = worked_out(member, f"/players/{somebody}/{tab}/")
        assert page.status_code == 200
        assert "Working out" not in source_of(page)


@pytest.mark.parametrize("tab", ["weapons", "economy"])
def test_who_sees_what(somebody: int, tab: str, stranger: Client, anonymous: Client, member: Client) -> None:
    address = f"/players/{somebody}/{tab}/"
    assert stranger.get(address).status_code == 404
    assert anonymous.get(address).status_code == 302
    assert member.post(address).status_code == 405
    assert member.get(f"/players/nobody/{tab}/").status_code == 404
    assert member.get(f"/players/76561190000000000/{tab}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["weapons/?map=de_nowhere", "weapons/?weapon=spoon", "economy/?side=x", "economy/?buy=x"],
)
def test_malformed_questions(lopsided: int, member: Client, query: str) -> None:
    address, _, asked = query.partition("?")
    worked_out(member, f"/players/{lopsided}/{address}")
    assert member.get(f"/players/{lopsided}/{address}?{asked}").status_code == 400


def test_shares_and_ranges_in_words() -> None:
    assert patterns.percent(0.314) == "31%"
    assert patterns.percent(None) == "\N{EN DASH}"
    assert patterns.percent_range(0.1, 0.5) == "10\N{EN DASH}50%"
    assert patterns.number_range(None, 0.5) == ""
    assert patterns.whole_dollars(4699.6) == "$4,700"


@pytest.mark.parametrize("tab", ["", "weapons/", "economy/"])
def test_a_page_is_there_before_its_patterns_and_asks_for_them(somebody: int, member: Client, tab: str) -> None:
    address = f"/players/{somebody}/{tab}"
    first = source_of(member.get(address))
    assert "Working out 2 matches" in first
    assert f'hx-get="{address}"' in first
    assert [job.kind for job in services().jobs.list_jobs().jobs if job.kind == "summary"] == ["summary"]
    assert work_out_summaries() == 1
    assert "Working out" not in source_of(member.get(address))


def test_one_more_match_is_another_summary_and_the_same_matches_are_the_same(
    somebody: int, world: World, member: Client
) -> None:
    worked_out(member, f"/players/{somebody}/")
    member.get(f"/players/{somebody}/weapons/")
    assert PlayerSummary.objects.count() == 1
    publish_match(world.member, 3)
    assert "Working out 3 matches" in source_of(member.get(f"/players/{somebody}/"))
    assert PlayerSummary.objects.count() == 2


def test_nobody_reads_a_summary_of_matches_that_he_does_not_see(somebody: int, world: World) -> None:
    """The owner of one match of two: he is shown that one, though both have been worked out for somebody else."""
    member, other = Client(), Client()
    member.force_login(world.member)
    other.force_login(world.stranger)
    whole = worked_out(member, f"/players/{somebody}/")
    match = Match.objects.order_by("pk")[0]
    Observation.objects.create(match=match, user=world.stranger)
    assert "Working out 1 match;" in source_of(other.get(f"/players/{somebody}/"))
    work_out_summaries()
    page = other.get(f"/players/{somebody}/")
    assert page.context["patterns"].rounds < whole.context["patterns"].rounds
    found = other.get(f"/players/{somebody}/economy/", {"side": "all", "buy": "full"}).context["evidence"]
    assert {group.match_id for group in found.matches} == {match.pk}


def test_deleting_a_match_forgets_what_was_worked_out_of_it(somebody: int, world: World, member: Client) -> None:
    worked_out(member, f"/players/{somebody}/")
    delete_match(services(), world.member, Match.objects.order_by("pk")[0].pk)
    assert not PlayerSummary.objects.exists()


def test_a_summary_that_could_not_be_worked_out_says_so(somebody: int, member: Client) -> None:
    member.get(f"/players/{somebody}/")
    row = PlayerSummary.objects.get()
    fail(str(row.pk), JobFailure("ContractError", "table x is broken", "", "summarise", ""))
    page = source_of(member.get(f"/players/{somebody}/"))
    assert "could not be worked out: table x is broken" in page
    assert 'hx-trigger="every 1s"' not in page


def test_what_nobody_asks_for_any_more_goes(somebody: int, member: Client) -> None:
    member.get(f"/players/{somebody}/")
    assert prune_summaries() == 0
    PlayerSummary.objects.update(asked_at=timezone.now() - KEPT_FOR - timedelta(days=1))
    assert prune_summaries() == 1
