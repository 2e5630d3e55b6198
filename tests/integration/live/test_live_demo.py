"""A demo of a match that was followed live: its figures count, and how far the live ones were off is kept."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from makers.api_world import open_services, prepare_jobs
from makers.gsi_posts import START_S, GsiClient
from makers.house import install
from makers.live_journal import follow, store
from makers.rows import claim, publish_match
from offangle.db.models import Analysis, Demo, LiveTrack, Match, Observation, PlayerMatchStat, Round, User
from offangle.db.queries.access import visible_match, visible_matches
from offangle.flows.following.demo import link_live_matches
from offangle.flows.following.rows import time_of

pytestmark = pytest.mark.django_db

OTHER = {"t": "ct", "ct": "t"}


@pytest.fixture(autouse=True)
def services_in_a_folder(tmp_path: Path) -> Iterator[None]:
    prepare_jobs(tmp_path / "prepared.sqlite")
    opened = open_services(tmp_path, tmp_path / "prepared.sqlite")
    install(opened)
    with opened.jobs:
        yield


@pytest.fixture
def demo() -> Match:
    """Four rounds of ten players, as published from a demo; nobody's client was there yet."""
    return publish_match(User.objects.create_user("importer"))


def followed(demo: Match, *, contradicts: bool = False, kills: int = 1) -> Match:
    """The same match as the client of one of its players told it, with its own count of kills."""
    account = claim(User.objects.create_user("player"), demo)
    rounds = list(demo.rounds.order_by("number").values_list("winner_side", "team_a_side"))
    client = GsiClient(steam_id=account.steam_id, map_name=demo.map_name, side=str(rounds[0][1]).upper())
    for number, (winner, side) in enumerate(rounds):
        if client.side.lower() != side:
            client.body["map"]["phase"] = "intermission"
            client.post()
            client.switch_sides()
        turned = contradicts and number == 0
        told = OTHER[str(winner)] if turned else str(winner)
        client.play_round(told.upper(), kills)
    store(client)
    follow(client.steam_id)
    return Match.objects.get(tracks__isnull=False)


def test_the_demo_replaces_the_live_figures_and_keeps_the_difference(demo: Match) -> None:
    live = followed(demo, kills=7)
    Match.objects.filter(pk=demo.pk).update(played_at=time_of(START_S * 10**9))
    demo.refresh_from_db()
    before = list(PlayerMatchStat.objects.filter(match=demo).order_by("pk").values())
    assert link_live_matches(demo) == [live]

    live.refresh_from_db()
    player = User.objects.get(username="player")
    assert live.superseded_by == demo
    assert list(visible_matches(player)) == [demo]
    assert visible_match(player, live.pk) == live
    assert Observation.objects.filter(match=demo, user=player, kind="gsi").exists()
    assert list(PlayerMatchStat.objects.filter(match=demo).order_by("pk").values()) == before
    kept = Analysis.objects.get(match=demo).live_difference
    assert kept is not None
    (difference,) = kept["matches"]
    (told,) = difference["players"]
    kills = PlayerMatchStat.objects.get(match=demo, side="all", steam_account=int(told["steam_id"])).kills
    assert told["figures"]["kills"] == {"live": 28, "demo": kills, "difference": 28 - kills}
    assert told["kills_by_weapon"]["ak47"]["live"] == 28
    assert difference["rounds"]["missed"] == []
    assert difference["score"]["live"] == difference["score"]["demo"]


@pytest.mark.parametrize("case", ["score", "time", "player", "map", "few rounds without a time"])
def test_what_does_not_fit_is_not_linked(demo: Match, case: str) -> None:
    live = followed(demo, contradicts=case == "score")
    played_at = time_of(START_S * 10**9) + timedelta(days=case == "time")
    Match.objects.filter(pk=demo.pk).update(played_at=None if case.startswith("few") else played_at)
    if case == "player":
        PlayerMatchStat.objects.filter(match=demo, steam_account=LiveTrack.objects.get().steam_account_id).delete()
    if case == "map":
        Match.objects.filter(pk=demo.pk).update(map_name="de_nuke")
    demo.refresh_from_db()
    assert link_live_matches(demo) == []
    live.refresh_from_db()
    assert live.superseded_by is None


def test_a_deleted_demo_gives_the_live_match_back(demo: Match) -> None:
    live = followed(demo)
    Match.objects.filter(pk=demo.pk).update(played_at=time_of(START_S * 10**9))
    demo.refresh_from_db()
    link_live_matches(demo)
    demo.delete()
    live.refresh_from_db()
    assert live.superseded_by is None
    assert Round.objects.filter(match=live).count() == 4


def test_live_posts_that_follow_never_touch_the_demo(demo: Match) -> None:
    live = followed(demo)
    Match.objects.filter(pk=demo.pk).update(played_at=time_of(START_S * 10**9), published_at=timezone.now())
    demo.refresh_from_db()
    link_live_matches(demo)
    track = LiveTrack.objects.get()
    client = GsiClient(steam_id=track.steam_account_id, map_name=demo.map_name, now_s=600.0)
    for winner in demo.rounds.order_by("number").values_list("winner_side", flat=True):
        client.count_round(str(winner))
    client.play_round("CT", 3)
    store(client)
    follow(client.steam_id)
    live.refresh_from_db()
    assert live.rounds_played == 5
    assert live.superseded_by == demo
    assert Round.objects.filter(match=demo).count() == 4


def test_publishing_links_by_itself(demo: Match, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offangle.flows.following.demo.ROUNDS_WITHOUT_TIME", 4)
    live = followed(demo)
    Match.objects.filter(pk=demo.pk).delete()
    Demo.objects.all().delete()
    again = publish_match(User.objects.create_user("second"))
    live.refresh_from_db()
    assert live.superseded_by == again
    assert Analysis.objects.get(match=again).live_difference is not None
