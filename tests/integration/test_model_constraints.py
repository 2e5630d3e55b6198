"""What the database itself refuses, whoever writes."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from offangle.db.models import (
    Demo,
    Match,
    Notification,
    Observation,
    PlayerMatchStat,
    PlayerRoundState,
    PlayerWeapon,
    Round,
    SteamAccount,
    User,
    Weapon,
)

pytestmark = pytest.mark.django_db

SHA = "a" * 64


@pytest.fixture
def match() -> Match:
    return Match.objects.create(
        source="demo", map_name="de_mirage", tick_rate=64.0, published_at=timezone.now(), pipeline_version="1"
    )


@pytest.fixture
def first_round(match: Match) -> Round:
    return Round.objects.create(**round_values(match))


@pytest.fixture
def account() -> SteamAccount:
    return SteamAccount.objects.create(steam_id=76561198000000001, last_name="somebody")


def round_values(match: Match, **changes: Any) -> dict[str, Any]:
    return {
        "match": match,
        "number": 1,
        "kind": "regular",
        "half": 1,
        "start_tick": 0,
        "reason": "elimination",
    } | changes


def state_values(first_round: Round, account: SteamAccount, **changes: Any) -> dict[str, Any]:
    return {"match": first_round.match, "round": first_round, "steam_account": account, "side": "t"} | changes


def refuses(model: type[models.Model], **values: Any) -> bool:
    try:
        with transaction.atomic():
            model._default_manager.create(**values)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(("name", "top"), [("health", 100), ("armor", 100), ("money", 16_000)])
def test_a_players_state_keeps_the_games_bounds(first_round: Round, account: SteamAccount, name: str, top: int) -> None:
    assert refuses(PlayerRoundState, **state_values(first_round, account, **{name: top + 1}))
    assert refuses(PlayerRoundState, **state_values(first_round, account, **{name: -1}))
    assert not refuses(PlayerRoundState, **state_values(first_round, account, **{name: top}))


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 0},
        {"kind": "fun"},
        {"reason": "boredom"},
        {"winner_side": "x"},
        {"winner_team": "c"},
    ],
)
def test_a_round_keeps_the_vocabulary(match: Match, changes: dict[str, Any]) -> None:
    assert refuses(Round, **round_values(match, **changes))


def test_a_round_is_there_once(match: Match, first_round: Round) -> None:
    assert refuses(Round, **round_values(match, number=first_round.number))
    assert not refuses(Round, **round_values(match, number=2))


def test_a_players_state_is_there_once_per_observation(first_round: Round, account: SteamAccount) -> None:
    assert not refuses(PlayerRoundState, **state_values(first_round, account))
    assert refuses(PlayerRoundState, **state_values(first_round, account))
    assert not refuses(PlayerRoundState, **state_values(first_round, account, received_order=1))


@pytest.mark.parametrize("changes", [{"side": "any"}, {"kills": -1}, {"damage": -1}])
def test_a_players_figures_keep_their_bounds(match: Match, account: SteamAccount, changes: dict[str, Any]) -> None:
    counts = dict.fromkeys(("rounds_played", "kills", "deaths", "assists"), 0)
    values = {"match": match, "steam_account": account, "side": "all", "name": "x", **counts}
    assert refuses(PlayerMatchStat, **{**values, **changes})
    assert not refuses(PlayerMatchStat, **values)
    assert refuses(PlayerMatchStat, **values), "one row per player, match and side"


@pytest.mark.parametrize("changes", [{"tick_rate": 0.0}, {"source": "hearsay"}])
def test_a_match_has_a_source_and_a_tick_rate(changes: dict[str, Any]) -> None:
    values = {
        "source": "demo",
        "map_name": "x",
        "tick_rate": 64.0,
        "published_at": timezone.now(),
        "pipeline_version": "1",
    }
    assert refuses(Match, **{**values, **changes})
    assert not refuses(Match, **values)


@pytest.mark.parametrize("changes", [{"size_bytes": -1}, {"stored_bytes": -1}])
def test_a_files_sizes_are_sizes(changes: dict[str, Any]) -> None:
    values = {
        "sha256": SHA,
        "kind": "demo",
        "object_key": "k",
        "size_bytes": 1,
        "stored_bytes": 1,
        "original_name": "n",
    }
    assert refuses(Demo, **{**values, **changes})
    assert not refuses(Demo, **values)


@pytest.mark.parametrize("sha256", ["", "abc", "A" * 64, "g" * 64])
def test_a_file_is_known_by_a_hash(sha256: str) -> None:
    sizes = {"size_bytes": 1, "stored_bytes": 1}
    assert refuses(Demo, sha256=sha256, kind="demo", object_key="k", original_name="n", **sizes)


def test_a_user_is_one_person_whatever_the_case() -> None:
    User.objects.create_user("Somebody", email="a@example.org")
    assert refuses(User, username="somebody")
    assert refuses(User, username="another", email="A@example.org")
    assert not refuses(User, username="third")
    assert not refuses(User, username="fourth")


def test_news_is_told_once(match: Match) -> None:
    user = User.objects.create_user("somebody")
    values = {"user": user, "kind": Notification.Kind.MATCH_PUBLISHED, "subject": str(match.pk), "text": "ready"}
    assert not refuses(Notification, **values)
    assert refuses(Notification, **values)


def test_a_deleted_match_takes_its_rows_with_it(match: Match, first_round: Round, account: SteamAccount) -> None:
    weapon = Weapon.objects.create(name="ak47")
    state = PlayerRoundState.objects.create(**state_values(first_round, account))
    PlayerWeapon.objects.create(state=state, weapon=weapon)
    Observation.objects.create(match=match, user=User.objects.create_user("somebody"))
    match.delete()
    for model in (Round, PlayerRoundState, PlayerWeapon, Observation):
        assert not model._default_manager.exists()
    assert SteamAccount.objects.exists()
    assert Weapon.objects.exists()
