"""Matches, their tables and their players as programs see them."""

import io
from typing import Any

import polars as pl
import pytest

from makers.api_world import FIRST_STEAM_ID, World, kills_table, publish
from makers.problems import assert_problem
from makers.rows import write_build
from offangle.db.models import Build, Demo, Match, SteamAccount
from offangle.flows.recorded.builds import place_of
from offangle.flows.services import Services


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [item["id"] for item in response.json()["items"]]


def test_the_list_shows_newest_first_and_only_ones_own(member: Any, stranger: Any, world: World) -> None:
    matches = [publish(world.member, number) for number in (1, 2, 3)]
    assert ids(member.get("/matches")) == [str(match.pk) for match in reversed(matches)]
    assert ids(stranger.get("/matches")) == []


def test_pages_are_complete_and_hold_still_while_matches_arrive(member: Any, world: World) -> None:
    known = [str(publish(world.member, number).pk) for number in range(1, 6)]
    seen, cursor = [], None
    for arriving in (10, 11, 12):
        page = member.get("/matches", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        publish(world.member, arriving)
    assert cursor is None
    assert seen == known[::-1]


def test_matches_played_at_one_moment_are_each_listed_once(member: Any, world: World) -> None:
    moment = publish(world.member, 1).played_at
    expected = {str(publish(world.member, number, played_at=moment).pk) for number in (2, 3)}
    first = member.get("/matches", limit=1).json()
    second = member.get("/matches", limit=5, cursor=first["next_cursor"])
    assert len(set(ids(second)) | {first["items"][0]["id"]}) == 3
    assert expected <= set(ids(second)) | {first["items"][0]["id"]}


@pytest.mark.parametrize("cursor", ["x", "x:y", "W10:abc"])
def test_an_invented_cursor_is_refused(member: Any, cursor: str) -> None:
    assert_problem(member.get("/matches", cursor=cursor), 422, "bad-input")


def test_a_cursor_fits_no_other_list(member: Any, world: World) -> None:
    for number in (1, 2):
        publish(world.member, number)
    cursor = member.get("/matches", limit=1).json()["next_cursor"]
    assert_problem(member.get("/matches", limit=1, cursor=cursor, map="de_mirage"), 422, "bad-input")


@pytest.mark.parametrize("limit", [0, -1, 501, "many"])
def test_limits_are_capped(member: Any, limit: Any) -> None:
    assert_problem(member.get("/matches", limit=limit), 422, "invalid-request")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"map": "de_nuke"}, {"nuke"}),
        ({"map": "de_dust2"}, set()),
        ({"player": str(FIRST_STEAM_ID)}, {"mirage", "nuke"}),
        ({"player": "76561198000000999"}, set()),
        ({"from": "2026-05-19"}, {"nuke"}),
        ({"to": "2026-05-18"}, {"mirage"}),
        ({"from": "2026-05-18", "to": "2026-05-19"}, {"mirage", "nuke"}),
        ({"to": "9999-12-31"}, {"mirage", "nuke"}),
        ({"player": str(FIRST_STEAM_ID), "result": "win"}, {"mirage"}),
        ({"player": str(FIRST_STEAM_ID), "result": "loss"}, {"nuke"}),
        ({"player": str(FIRST_STEAM_ID + 1), "result": "win"}, {"nuke"}),
        ({"result": "win"}, {"mirage"}),
        ({"result": "draw"}, set()),
    ],
)
def test_filters(member: Any, world: World, query: dict[str, str], expected: set[str]) -> None:
    names = {
        str(publish(world.member, 1).pk): "mirage",
        str(publish(world.member, 2, map_name="de_nuke", score_a=0, score_b=2).pk): "nuke",
    }
    SteamAccount.objects.filter(pk=FIRST_STEAM_ID).update(user=world.member)
    assert {names[key] for key in ids(member.get("/matches", **query))} == expected


@pytest.mark.parametrize(
    "query", [{"from": "yesterday"}, {"from": "1747000000"}, {"map": "de mirage"}, {"player": "1.5"}, {"result": "won"}]
)
def test_filters_that_make_no_sense_are_refused(member: Any, query: dict[str, str]) -> None:
    assert_problem(member.get("/matches", **query), 422, "invalid-request")


def test_one_match_tells_what_it_was_made_from(member: Any, world: World) -> None:
    match = publish(world.member)
    document = member.get(f"/matches/{match.pk}").json()
    assert document["map_name"] == "de_mirage"
    assert (document["score_a"], document["score_b"]) == (2, 0)
    assert document["parsers"] == [{"name": "awpy", "version": "3.1.1", "role": "all"}]
    assert document["file_sha256"] == match.demo_id
    assert document["may_delete"] is True


def test_rounds_players_and_checks(member: Any, world: World) -> None:
    base = f"/matches/{publish(world.member).pk}"
    assert [item["number"] for item in member.get(f"{base}/rounds").json()] == [1, 2]
    players = member.get(f"{base}/players").json()
    assert [(item["steam_id"], item["team"]) for item in players] == [
        (str(FIRST_STEAM_ID), "a"),
        (str(FIRST_STEAM_ID + 1), "b"),
    ]
    assert [check["ok"] for check in member.get(f"{base}/checks").json()["checks"]] == [True, None]


@pytest.mark.parametrize(("side", "rows"), [("all", 2), ("ct", 2), ("t", 0)])
def test_the_scoreboard_is_given_per_side(member: Any, world: World, side: str, rows: int) -> None:
    found = member.get(f"/matches/{publish(world.member).pk}/stats", side=side).json()
    assert len(found) == rows
    assert all(row["side"] == side for row in found)
    assert [row["rating_1"] for row in found] == sorted((row["rating_1"] for row in found), reverse=True)


def test_kills_are_paged_and_hold_no_number_that_json_lacks(member: Any, world: World) -> None:
    base = f"/matches/{publish(world.member).pk}/kills"
    first = member.get(base, limit=2).json()
    assert [row["tick"] for row in first["items"]] == [1500, 2500]
    assert [row["attacker_x"] for row in first["items"]] == [None, 12.5]
    assert first["items"][0]["attacker_steam_id"] == str(FIRST_STEAM_ID)
    second = member.get(base, limit=2, cursor=first["next_cursor"]).json()
    assert [row["tick"] for row in second["items"]] == [2500]
    assert second["next_cursor"] is None


def test_kills_of_one_round(member: Any, world: World) -> None:
    found = member.get(f"/matches/{publish(world.member).pk}/kills", round_number=1).json()
    assert [row["round_number"] for row in found["items"]] == [1]


def test_a_cursor_of_an_older_analysis_is_refused(member: Any, world: World) -> None:
    match = publish(world.member)
    cursor = member.get(f"/matches/{match.pk}/kills", limit=1).json()["next_cursor"]
    assert match.demo is not None
    Match.objects.filter(pk=match.pk).update(build=write_build(match.demo, "de_mirage", {"kills": kills_table()}, {}))
    assert_problem(member.get(f"/matches/{match.pk}/kills", limit=1, cursor=cursor), 422, "bad-input")


def test_empty_and_absent_tables_are_empty_lists(member: Any, world: World) -> None:
    match = publish(world.member)
    assert member.get(f"/matches/{match.pk}/damages").json() == {"items": [], "next_cursor": None}
    Build.objects.update(tables=["kills"])
    assert member.get(f"/matches/{match.pk}/economy").json() == {"items": [], "next_cursor": None}


def test_a_table_that_the_store_lost_is_no_empty_list(member: Any, world: World, installed: Services) -> None:
    match = publish(world.member)
    assert match.build is not None
    installed.store.delete(place_of(match.build).key("economy"))
    assert_problem(member.get(f"/matches/{match.pk}/economy"), 503, "unavailable")


def test_tables_are_listed_and_downloaded(member: Any, world: World, client: Any) -> None:
    base = f"/matches/{publish(world.member).pk}/tables"
    listed = {item["name"]: item for item in member.get(base).json()}
    assert {name: item["kind"] for name, item in listed.items()} == {
        "kills": "frames",
        "damages": "frames",
        "economy": "frames",
        "checks": "derived",
    }
    assert listed["kills"]["csv_url"] == f"/api/v1{base}/kills?format=csv"
    redirect = member.get(f"{base}/kills", format="parquet")
    assert redirect.status_code == 302
    download = client.get(redirect.headers["Location"])
    assert download.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert pl.read_parquet(io.BytesIO(b"".join(download.streaming_content))).height == 3
    altered = client.get(redirect.headers["Location"].replace("expires=1", "expires=2"))
    assert altered.status_code == 403


def test_csv_holds_every_row_and_lists_in_one_cell(member: Any, world: World) -> None:
    base = f"/matches/{publish(world.member).pk}/tables"
    response = member.get(f"{base}/economy", format="csv")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.headers["Content-Disposition"].count("-economy.csv") == 2
    frame = pl.read_csv(io.BytesIO(b"".join(response.streaming_content)))
    assert frame.select("start_money", "grenades").row(0) == (800, "smoke flash")


@pytest.mark.parametrize(("name", "status"), [("nothing", 404), ("..", 422), ("Kills", 422), ("kills.parquet", 422)])
def test_tables_that_do_not_exist(member: Any, world: World, name: str, status: int) -> None:
    base = f"/matches/{publish(world.member).pk}/tables"
    assert_problem(member.get(f"{base}/{name}"), status, "not-found" if status == 404 else "invalid-request")


def test_deleting_removes_match_rows_tables_and_file(member: Any, world: World, installed: Services) -> None:
    match = publish(world.member)
    assert installed.store.list("frames")
    assert member.delete(f"/matches/{match.pk}").status_code == 204
    assert not Demo.objects.exists()
    assert installed.store.list() == []
    assert_problem(member.delete(f"/matches/{match.pk}"), 404, "not-found")


def test_a_player_over_the_matches_one_may_see(member: Any, stranger: Any, world: World) -> None:
    for number in (1, 2):
        publish(world.member, number)
    path = f"/players/{FIRST_STEAM_ID}"
    player = member.get(path).json()
    assert player["name"] == "player 0"
    assert (player["averages"]["matches"], player["averages"]["kills"], player["averages"]["rounds_played"]) == (
        2,
        4,
        4,
    )
    assert player["averages"]["adr"] == pytest.approx(1.0)
    assert_problem(stranger.get(path), 404, "not-found")
    first = member.get(f"{path}/matches", limit=1).json()
    second = member.get(f"{path}/matches", limit=1, cursor=first["next_cursor"]).json()
    assert first["items"][0]["match"]["id"] != second["items"][0]["match"]["id"]
    assert second["next_cursor"] is None
