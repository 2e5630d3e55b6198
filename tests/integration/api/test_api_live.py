"""Live play over the API: what its owner, a team-mate and a stranger get."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from makers.api_world import World
from makers.gsi_posts import MATE, OWN, GsiClient
from makers.live_journal import follow, store
from offangle.db.models import LiveTrack, SteamAccount, User
from offangle.db.queries.gsi_refusals import RefusedPost, note_refusals
from offangle.db.queries.gsi_tokens import hash_gsi_secret
from offangle.db.queries.weapons import seed_weapons

Speak = Callable[[User], Any]


@pytest.fixture
def match_id(world: World) -> UUID:
    """A match that the member's client observes, and one of a stranger's on another map."""
    client, other = GsiClient(), GsiClient(steam_id=MATE, map_name="de_mirage")
    for each, user in ((client, world.member), (other, world.stranger)):
        SteamAccount.objects.create(steam_id=each.steam_id, user=user)
        each.play_round("CT", 2)
        each.freeze()
    store(client, other)
    follow(OWN, MATE)
    found = LiveTrack.objects.get(steam_account=OWN).match_id
    assert found is not None
    return found


def test_live_state_is_for_those_who_may_see_it(match_id: UUID, world: World, caller: Speak) -> None:
    (mine,) = caller(world.member).get("/live").json()
    assert (mine["steam_id"], mine["match_id"]) == (str(OWN), str(match_id))
    assert mine["state"]["score"] == {"t": 0, "ct": 1, "own": 1, "enemy": 0}
    (theirs,) = caller(world.stranger).get("/live").json()
    assert theirs["steam_id"] == str(MATE)
    assert caller(world.stranger).get("/live", match_id=str(match_id)).json() == []
    assert len(caller(world.owner).get("/live").json()) == 2


def test_events_begin_where_the_cursor_stands(match_id: UUID, world: World, caller: Speak) -> None:
    del match_id
    speak = caller(world.member)
    begin = speak.get("/live/events").json()
    assert begin["events"] == []
    assert speak.get("/live/events", since=begin["cursor"]).json() == begin
    assert speak.get("/live/events", since=-1).status_code == 422


def test_rounds_and_player_rounds_of_a_live_match(match_id: UUID, world: World, caller: Speak) -> None:
    speak = caller(world.member)
    (decided,) = speak.get(f"/matches/{match_id}/rounds").json()
    assert (decided["number"], decided["winner_side"], decided["winner_team"]) == (1, "ct", "a")
    (row,) = speak.get(f"/matches/{match_id}/player-rounds").json()
    assert (row["kills"], row["buy"], row["health"], row["money"]) == (2, "full", 100, 4000)
    assert {"weapon": "ak47", "shots": 0, "kills": 2, "headshot_kills": 0, "damage": 0} in row["weapons"]
    assert speak.get(f"/matches/{match_id}/player-rounds", round_number=2).json() == []
    assert caller(world.stranger).get(f"/matches/{match_id}/player-rounds").status_code == 404


def test_merge_and_split_by_somebody_who_owns_both(match_id: UUID, world: World, caller: Speak) -> None:
    LiveTrack.objects.update(map_name="de_dust2")
    other = str(LiveTrack.objects.get(steam_account=MATE).match_id)
    body = {"other_match_id": other}
    assert caller(world.member).post_json(f"/matches/{match_id}/merge", body).status_code == 404
    assert caller(world.owner).post_json(f"/matches/{match_id}/merge", body).status_code == 204
    observers = caller(world.member).get(f"/matches/{match_id}/observers").json()
    assert [(row["steam_id"], row["is_joined"]) for row in observers] == [(str(OWN), False), (str(MATE), True)]
    assert caller(world.owner).post_json(f"/matches/{match_id}/merge", body).status_code == 422
    gone = {"steam_id": str(MATE)}
    assert caller(world.member).post_json(f"/matches/{match_id}/split", gone).status_code == 204
    assert len(caller(world.member).get(f"/matches/{match_id}/observers").json()) == 1
    assert caller(world.member).post_json(f"/matches/{match_id}/split", gone).status_code == 422


def test_corrections_stay_when_the_match_goes_on(match_id: UUID, world: World, caller: Speak) -> None:
    speak = caller(world.member)
    changes = {"team_a_name": "Alders", "played_at": "2026-01-02T03:04:05Z"}
    changed = speak.patch_json(f"/matches/{match_id}", changes).json()
    assert (changed["team_a_name"], changed["played_at"]) == ("Alders", "2026-01-02T03:04:05Z")
    client = GsiClient()
    client.play_round("CT", 2)
    client.freeze()
    sent = len(client.posts)
    client.live()
    client.over("T")
    client.posts, client.observations = client.posts[sent:], client.observations[sent:]
    store(client)
    follow(OWN)
    match = speak.get(f"/matches/{match_id}").json()
    assert (match["rounds_played"], match["team_a_name"], match["played_at"][:10]) == (2, "Alders", "2026-01-02")
    assert caller(world.stranger).patch_json(f"/matches/{match_id}", changes).status_code == 404
    assert speak.patch_json(f"/matches/{match_id}", {"played_at": "2026-01-02T03:04:05"}).status_code == 422
    assert speak.patch_json(f"/matches/{match_id}", {"team_a_name": "x" * 101}).status_code == 422


def test_the_life_of_a_token(match_id: UUID, world: World, caller: Speak) -> None:
    del match_id
    speak = caller(world.member)
    made = speak.post_json("/gsi-tokens", {"steam_id": str(OWN), "name": "Desk"})
    assert made.status_code == 201
    first = made.json()
    rotated = speak.post_json(f"/gsi-tokens/{first['id']}/rotate", {}).json()
    assert rotated["secret"] != first["secret"]
    (row,) = speak.get("/gsi-tokens").json()
    assert "secret" not in row
    assert first["secret"] not in str(row)
    assert caller(world.stranger).post_json(f"/gsi-tokens/{first['id']}/rotate", {}).status_code == 404
    assert caller(world.stranger).delete(f"/gsi-tokens/{first['id']}").status_code == 404
    assert caller(world.stranger).post_json("/gsi-tokens", {"steam_id": str(OWN)}).status_code == 404
    assert speak.delete(f"/gsi-tokens/{first['id']}").status_code == 204
    assert speak.get("/gsi-tokens").json()[0]["revoked_at"]
    assert speak.post_json(f"/gsi-tokens/{first['id']}/rotate", {}).status_code == 404
    assert speak.delete(f"/gsi-tokens/{2**70}").status_code == 404


def test_the_owner_of_a_token_is_told_why_a_post_was_refused(world: World, caller: Speak) -> None:
    speak = caller(world.member)
    SteamAccount.objects.create(steam_id=OWN, user=world.member)
    made = speak.post_json("/gsi-tokens", {"steam_id": str(OWN), "name": "Desk"}).json()
    assert speak.get("/gsi-tokens/refusals").json() == []
    note_refusals([RefusedPost("other_account", hash_gsi_secret(made["secret"]), MATE, 1_760_000_000.0)])
    (row,) = speak.get("/gsi-tokens/refusals").json()
    assert (row["token_id"], row["cause"], row["steam_id"]) == (made["id"], "other_account", str(MATE))
    assert "another Steam account" in row["detail"]
    assert row["at"].startswith("2025-10-09T08:53:20")
    assert caller(world.stranger).get("/gsi-tokens/refusals").json() == []
    assert made["secret"] not in speak.get("/gsi-tokens/refusals").content.decode()


def test_weapons_of_the_current_list(world: World, caller: Speak) -> None:
    seed_weapons()
    weapons = {row["name"]: row for row in caller(world.member).get("/weapons").json()}
    assert weapons["ak47"] == {
        "name": "ak47",
        "display_name": "AK-47",
        "weapon_class": "rifle",
        "price": 2700,
        "kill_reward": 300,
        "max_speed_u": 215,
        "clip_size": 30,
    }
    guns = [row for row in weapons.values() if row["weapon_class"] in {"pistol", "smg", "heavy", "rifle", "sniper"}]
    assert len(guns) == 34
    assert all(row["clip_size"] and row["max_speed_u"] and row["price"] for row in guns)
