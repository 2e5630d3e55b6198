"""Live pages: what they show of a match under way, to whom, and the stream that tells of news."""

import asyncio
import json
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import AsyncRequestFactory, Client

from makers.api_world import World
from makers.gsi_posts import MATE, OWN, GsiClient
from makers.live_world import live_match, own_account, play, publish_live
from makers.page_text import source_of
from makers.rows import publish_match
from makers.summaries import worked_out
from offangle.db.models import LiveEvent, LiveSnapshot, Match
from offangle.db.queries.live_events import newest_event_id, since
from offangle.web.live import views as live


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return source_of(answer)


def test_the_list_leads_to_the_connection_while_nobody_plays(member: Client) -> None:
    page = text_of(member, "/live/")
    assert "Nobody plays right now" in page
    assert 'href="/live/connect/"' in page


def test_a_match_under_way_is_listed_and_shown(world: World, member: Client) -> None:
    match = live_match(world.member)
    assert f"/live/{match.pk}/" in text_of(member, "/live/")
    page = member.get(f"/live/{match.pk}/")
    leading = page.context["leading"]
    assert leading.document["score"] == {"t": 2, "ct": 2, "own": 2, "enemy": 2}
    assert [line.row.number for line in page.context["lines"]] == [1, 2, 3, 4]
    text = source_of(page)
    for said in ("AK-47", "in hand", "Freeze time", "4 / 0 / 0", "$4,000", "Loss bonus", "high"):
        assert said in text
    assert f"/matches/{match.pk}/rounds/4/" in text
    assert page.context["cursor"] == newest_event_id()


def finished(client: GsiClient) -> GsiClient:
    """A match that CT won 3 to 1; its player went to the menu."""
    play(client, "CTCC")
    client.body["map"]["phase"] = "gameover"
    client.post()
    client.menu()
    return client


def test_a_finished_match_keeps_its_score_and_is_not_to_be_watched(world: World, member: Client) -> None:
    own_account(world.member)
    match = publish_live(finished(GsiClient(side="CT")))
    page = member.get("/live/")
    (card,) = page.context["observers"]
    assert {side: told["score"] for side, told in card.sides} == {"ct": 3, "t": 1}
    assert (card.status, card.round_phase, card.document["round"]) == ("Finished", "Match over", 4)
    text = source_of(page)
    assert ">Watch<" not in text
    assert f'href="/matches/{match.pk}/"' in text
    shown = member.get(f"/live/{match.pk}/").context["leading"]
    assert shown.document["score"] == {"t": 1, "ct": 3, "own": 3, "enemy": 1}
    assert shown.document["sides"]["ct"]["score"] == 3


def test_a_match_that_was_left_keeps_its_score_and_is_not_to_be_watched(world: World, member: Client) -> None:
    own_account(world.member)
    client = GsiClient(side="CT")
    play(client, "CTC")
    client.freeze()
    client.menu()
    publish_live(client)
    page = member.get("/live/")
    (card,) = page.context["observers"]
    assert ({side: told["score"] for side, told in card.sides}, card.status) == ({"ct": 2, "t": 1}, "In the menu")
    assert ">Watch<" not in source_of(page)


def test_the_page_of_a_live_match_says_whose_numbers_it_has(world: World, member: Client) -> None:
    own_account(world.member)
    match = publish_live(finished(GsiClient(side="CT")))
    page = unescape(" ".join(text_of(member, f"/matches/{match.pk}/").split()))
    assert """Recorded live: only your numbers. <a href="/upload/">Add the demo</a> for everyone's.""" in page
    assert "Live page" not in page
    mate = GsiClient(steam_id=MATE, side="CT")
    for client in (clients := [GsiClient(side="CT"), mate]):
        client.now_s = 9_000.0
        play(client, "CTTC")
        client.freeze()
    mate.body["player"]["name"] = "Birch"
    mate.post()
    both = publish_live(*clients)
    text = unescape(" ".join(text_of(member, f"/matches/{both.pk}/").split()))
    assert "only your and Birch's numbers." in text
    assert "Live page" in text


def test_a_page_without_scripts_asks_again_by_itself(world: World, member: Client) -> None:
    match = live_match(world.member)
    assert '<noscript><meta http-equiv="refresh"' in text_of(member, f"/live/{match.pk}/")


def test_strangers_learn_nothing(world: World, stranger: Client, anonymous: Client) -> None:
    match = live_match(world.member)
    assert stranger.get(f"/live/{match.pk}/").status_code == 404
    assert str(match.pk) not in text_of(stranger, "/live/")
    assert anonymous.get(f"/live/{match.pk}/").status_code == 302
    news, _ = since(0, world.stranger)
    assert news == []


def test_wrong_methods_and_malformed_ids(world: World, member: Client) -> None:
    match = live_match(world.member)
    assert member.post(f"/live/{match.pk}/").status_code == 405
    assert member.post("/live/").status_code == 405
    assert member.get("/live/hints/").status_code == 405
    assert member.get("/live/not-a-match/").status_code == 404
    assert member.get(f"/live/{uuid4()}/").status_code == 404


def test_a_recording_has_no_live_page(world: World, member: Client) -> None:
    match = publish_match(world.member, 1)
    answer = member.get(f"/live/{match.pk}/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/matches/{match.pk}/"


def test_lost_posts_and_silence_are_told(world: World, member: Client) -> None:
    own_account(world.member)
    client = GsiClient()
    play(client, "CC")
    client.body["player"]["state"]["money"] = 16000
    client.post()
    client.freeze()
    del client.posts[-2], client.observations[-2]
    first = publish_live(client)
    text = text_of(member, f"/live/{first.pk}/")
    assert "lost on the way" in text
    LiveSnapshot.objects.update(received_ns=1)
    assert "Nothing was heard of the game lately" in text_of(member, f"/live/{first.pk}/")


def test_a_restarted_match_leads_to_the_one_that_counts(world: World, member: Client) -> None:
    own_account(world.member)
    client = GsiClient()
    play(client, "CCT")
    client.restart()
    play(client, "T")
    after = publish_live(client)
    aborted = Match.objects.get(live_state="aborted")
    text = text_of(member, f"/live/{aborted.pk}/")
    assert "restarted this match" in text
    assert f"/live/{after.pk}/" in text


def test_the_dead_and_the_vanished_are_no_error(world: World, member: Client) -> None:
    own_account(world.member)
    client = GsiClient()
    play(client, "C")
    client.freeze()
    client.live()
    client.die()
    match = publish_live(client)
    assert "Dead" in text_of(member, f"/live/{match.pk}/")
    LiveSnapshot.objects.update(document=snapshot_without_player())
    assert "tells nothing of this player now" in text_of(member, f"/live/{match.pk}/")


def snapshot_without_player() -> dict[str, Any]:
    document: dict[str, Any] = LiveSnapshot.objects.get().document
    return {**document, "own": None}


def test_both_observers_of_one_match_are_shown_own_first(world: World, member: Client) -> None:
    own_account(world.member)
    clients = [GsiClient(), GsiClient(steam_id=MATE)]
    for client in clients:
        play(client, "CTTC")
        client.freeze()
    match = publish_live(*clients)
    observers = member.get(f"/live/{match.pk}/").context["observers"]
    assert [each.steam_id for each in observers] == [OWN, MATE]


async def _first_messages(response: Any, count: int) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(10):
        async for piece in response.streaming_content:
            found.append(piece.decode() if isinstance(piece, bytes) else piece)
            if len(found) == count:
                break
    return found


@pytest.mark.django_db(transaction=True)
def test_the_stream_takes_up_where_the_browser_was(world: World, member: Client) -> None:
    match = live_match(world.member)
    events = list(LiveEvent.objects.order_by("pk").values_list("pk", flat=True))
    request = AsyncRequestFactory().get("/live/events/", headers={"Last-Event-ID": str(events[0])})

    async def user() -> Any:
        return world.member

    request.auser = user
    request.session = member.session

    async def ask() -> list[str]:
        return await _first_messages(await live.live_events(request), 2)

    retry, told = asyncio.run(ask())
    assert retry.startswith("retry: ")
    lines = dict(line.split(": ", 1) for line in told.strip().split("\n"))
    assert (lines["event"], int(lines["id"])) == ("live", events[-1])
    told_of = json.loads(lines["data"])
    assert told_of["matches"] == [str(match.pk)]
    assert {"round_decided", "snapshot"} <= set(told_of["kinds"])


def test_the_stream_refuses_a_match_that_is_none(world: World, member: Client) -> None:
    del world
    assert member.get("/live/events/?match=nonsense").status_code == 400


def test_hints_are_off_until_asked_for(world: World, member: Client) -> None:
    match = live_match(world.member)
    assert "From your own history" not in text_of(member, f"/live/{match.pk}/")
    answer = member.post("/live/hints/", {"show": "yes", "match": str(match.pk)})
    assert answer.headers["Location"] == f"/live/{match.pk}/"
    assert "From your own history" in text_of(member, f"/live/{match.pk}/")
    member.post("/live/hints/", {"show": "no"})
    world.member.refresh_from_db()
    assert world.member.live_hints is False


def test_hints_count_own_rounds_like_this_one(world: World, member: Client) -> None:
    own_account(world.member)
    history = GsiClient(map_name="de_mirage")
    play(history, "TTTTCTTTTT")  # nine rounds follow, eight of them on a lost one; one of those is won
    history.menu()
    publish_live(history, ago_s=5000)
    world.member.live_hints = True
    world.member.save()
    match = live_match(world.member, "CT")
    page = worked_out(member, f"/live/{match.pk}/")
    assert [(hint.buy, hint.wins, hint.rounds, hint.is_current) for hint in page.context["hints"]] == [
        ("full", 1, 8, True)
    ]
    assert "You win 12 % as CT with a full buy after a lost round (n=8)." in source_of(page)
    assert worked_out(member, f"/live/{live_match(world.member, 'CTC').pk}/").context["hints"] == []


def test_the_match_list_and_tabs_show_live_data_without_holes(world: World, member: Client) -> None:
    match = live_match(world.member)
    assert f"/live/{match.pk}/" in text_of(member, "/")
    for tab in ("", "rounds/", "rounds/1/", "economy/", "checks/"):
        text = text_of(member, f"/matches/{match.pk}/{tab}")
        assert "First kill</th>" not in text
    overview = member.get(f"/matches/{match.pk}/")
    shown = {metric.name for metric in overview.context["metrics"]}
    assert {"kills", "deaths"} <= shown
    assert "adr" not in shown
    assert [len(board["lines"]) for board in overview.context["boards"]] == [1]
    detail = member.get(f"/matches/{match.pk}/rounds/1/").context["detail"]
    assert detail["own_kills"] == [("Alder", "AK-47", 1)]
    economy = member.get(f"/matches/{match.pk}/economy/")
    values = [
        cell.equipment_value
        for group in economy.context["buyers"]
        for row in group["players"]
        for _, cell in row["cells"]
    ]
    assert values == [4700] * 4
