"""Who is let in, and how everybody else is refused."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from makers.api_world import World, publish
from makers.problems import assert_problem
from offangle.db.models import ApiToken, SteamAccount
from offangle.db.queries import tokens

NOBODY = "00000000-0000-0000-0000-000000000000"
READ = (
    "/matches/{id}",
    "/matches/{id}/rounds",
    "/matches/{id}/players",
    "/matches/{id}/stats",
    "/matches/{id}/checks",
    "/matches/{id}/kills",
    "/matches/{id}/damages",
    "/matches/{id}/economy",
    "/matches/{id}/tables",
    "/matches/{id}/tables/kills",
)


@pytest.mark.parametrize("path", ["/matches", "/jobs", "/imports", "/players/76561198000000001", f"/matches/{NOBODY}"])
def test_without_a_token_nothing_is_told(world: World, path: str) -> None:
    del world
    refused = Client().get(f"/api/v1{path}")
    assert_problem(refused, 401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer ", "Basic b3duZXI6eA==", "Bearer \u00e9\u00e9", "Bearer"])
def test_a_wrong_token_is_refused(world: World, value: str) -> None:
    del world
    assert_problem(Client(headers={"Authorization": value}).get("/api/v1/matches"), 401, "unauthenticated")


def test_a_revoked_token_is_refused_at_once(member: Any, world: World) -> None:
    assert member.get("/matches").status_code == 200
    tokens.revoke(world.member, member.token.pk)
    assert_problem(member.get("/matches"), 401, "unauthenticated")


def test_a_token_of_an_inactive_user_is_refused(member: Any, world: World) -> None:
    world.member.is_active = False
    world.member.save()
    assert_problem(member.get("/matches"), 401, "unauthenticated")


def test_a_wrong_token_is_not_helped_by_a_session(world: World) -> None:
    client = Client(headers={"Authorization": "Bearer wrong"})
    client.force_login(world.owner)
    assert_problem(client.get("/api/v1/matches"), 401, "unauthenticated")


def test_only_the_hash_of_a_secret_is_kept(member: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {ApiToken._meta.db_table}")  # noqa: S608 -- the model's own table
        kept = str(cursor.fetchall())
    assert member.secret not in kept
    assert tokens.hash_secret(member.secret) in kept


def test_use_is_noted_but_not_at_each_request(member: Any, django_assert_num_queries: Any) -> None:
    assert member.token.last_used_at is None
    member.get("/jobs")
    member.token.refresh_from_db()
    first = member.token.last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        tokens.authenticate(member.secret)
    member.token.refresh_from_db()
    assert member.token.last_used_at == first


def test_a_session_reads_without_and_changes_only_with_the_csrf_token(world: World) -> None:
    match = publish(world.member)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.member)
    assert client.get("/api/v1/matches").status_code == 200
    assert_problem(client.delete(f"/api/v1/matches/{match.pk}"), 403, "forbidden")
    client.cookies["csrftoken"] = "a" * 32
    allowed = client.delete(f"/api/v1/matches/{match.pk}", headers={"X-CSRFToken": "a" * 32})
    assert allowed.status_code == 204, allowed.content


def test_a_token_needs_no_csrf_token(member: Any, world: World) -> None:
    match = publish(world.member)
    assert member.delete(f"/matches/{match.pk}").status_code == 204
    assert_problem(member.get(f"/matches/{match.pk}"), 404, "not-found")


@pytest.mark.parametrize("path", READ)
def test_strangers_do_not_learn_that_a_match_exists(stranger: Any, world: World, path: str) -> None:
    match = publish(world.member)
    theirs = assert_problem(stranger.get(path.format(id=match.pk)), 404, "not-found")
    missing = assert_problem(stranger.get(path.format(id=NOBODY)), 404, "not-found")
    assert (theirs["detail"], theirs["hint"]) == (missing["detail"], missing["hint"])


@pytest.mark.parametrize("path", READ)
def test_the_owner_of_the_instance_sees_everything(owner: Any, world: World, path: str) -> None:
    assert owner.get(path.format(id=publish(world.member).pk)).status_code in {200, 302}


def test_team_mates_see_and_do_not_delete(stranger: Any, world: World) -> None:
    match = publish(world.member)
    SteamAccount.objects.update(user=world.stranger)
    assert stranger.get(f"/matches/{match.pk}").json()["may_delete"] is False
    assert_problem(stranger.delete(f"/matches/{match.pk}"), 403, "forbidden")


@pytest.mark.parametrize(
    "path", ["/matches/not-an-id", "/matches/1", "/imports/x", "/players/notanumber", "/jobs/a%20b"]
)
def test_malformed_ids_are_refused_by_name(member: Any, path: str) -> None:
    document = assert_problem(member.get(path), 422, "invalid-request")
    assert document["errors"][0]["location"][0] == "path"


@pytest.mark.parametrize("path", ["/", "/nothing", "/matches/", "/matches/x/y/z"])
def test_addresses_that_do_not_exist(member: Any, path: str) -> None:
    assert_problem(member.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "allowed"), [("/matches", {"GET"}), ("/imports", {"GET", "POST"}), ("/health", {"GET"})]
)
def test_wrong_methods_are_told_the_right_ones(member: Any, path: str, allowed: set[str]) -> None:
    refused = member.put(path)
    assert_problem(refused, 405, "method-not-allowed")
    assert {method.strip() for method in refused.headers["Allow"].split(",")} == allowed
