"""Patterns of a player: on the player page, by weapon and by economy, each number with its rounds."""

import pytest
from django.test import Client

from makers.api_world import World
from makers.gsi_posts import OWN, GsiClient
from makers.live_world import own_account, play, publish_live
from makers.page_text import source_of
from makers.rows import publish_match
from offangle.db.models import PlayerMatchStat
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
    page = member.get(f"/players/{somebody}/").content.decode()
    assert "Patterns" in page
    assert "stands out" in page or "needed before a pattern" in page


def test_findings_carry_interval_count_q_value_and_rounds(lopsided: int, member: Client) -> None:
    page = member.get(f"/players/{lopsided}/")
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
    every = member.get(f"/players/{lopsided}/weapons/")
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
    page = member.get(f"/players/{lopsided}/economy/")
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
        assert member.get(f"/players/{somebody}/{tab}/").status_code == 200


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
    assert member.get(f"/players/{lopsided}/{query}").status_code == 400


def test_shares_and_ranges_in_words() -> None:
    assert patterns.percent(0.314) == "31%"
    assert patterns.percent(None) == "\N{EN DASH}"
    assert patterns.percent_range(0.1, 0.5) == "10\N{EN DASH}50%"
    assert patterns.number_range(None, 0.5) == ""
    assert patterns.whole_dollars(4699.6) == "$4,700"
