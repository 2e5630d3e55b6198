# ruff: noqa: S608 -- the queries are the test
"""The SQL explorer: one's own rows, read only, within limits, whoever asks and whatever is asked."""

import csv
import io
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from makers.api_world import World
from makers.house import services
from makers.live_world import live_match
from makers.page_text import source_of
from makers.rows import publish_match
from offangle.db.models import Match, PlayerMatchStat, PlayerRoundState, Round, SteamAccount, User
from offangle.db.queries.explorer import TABLES
from offangle.flows.asking.sql_explorer import MOST_SQL_CHARS, QueryError, Result, run_query
from offangle.flows.recorded.garbage import collect_garbage
from offangle.web.asking.examples import EXAMPLES


def query(user: User, sql: str, **limits: Any) -> Result:
    """The answer to `user`."""
    return run_query(services().store, user, sql, **limits)


BOMB = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
FORBIDDEN = (
    "ATTACH 'other.sqlite' AS other",
    "ATTACH ':memory:' AS other",
    "PRAGMA query_only = OFF",
    "PRAGMA table_info(matches)",
    "SELECT * FROM pragma_table_info('matches')",
    "SELECT * FROM sqlite_master",
    "SELECT count(*) FROM sqlite_master",
    "SELECT count(*) FROM pragma_table_list",
    "SELECT count(*) FROM pragma_table_info('matches')",
    "SELECT count(*) FROM json_each('[1]')",
    "SELECT load_extension('evil')",
    "SELECT writefile('a', 'b')",
    "SELECT readfile('settings.py')",
    "SELECT randomblob(10)",
    "SELECT zeroblob(10)",
    "SELECT printf('%1000000000d', 1)",
    "SELECT * FROM json_each('[1]')",
    "INSERT INTO matches (map) VALUES ('x')",
    "UPDATE matches SET map = 'x'",
    "DELETE FROM matches",
    "DROP TABLE matches",
    "CREATE TABLE t (a)",
    "CREATE TEMP TABLE t (a)",
    "CREATE VIRTUAL TABLE t USING fts5(a)",
    "VACUUM INTO 'copy.sqlite'",
    "BEGIN",
    "SAVEPOINT a",
    "REINDEX",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE matches",
)


@pytest.fixture
def asker(world: World) -> World:
    publish_match(world.member, 1)
    publish_match(world.stranger, 2, map_name="de_nuke")
    return world


def test_the_copy_holds_exactly_the_rows_one_may_see(asker: World) -> None:
    mine = Match.objects.get(map_name="de_mirage")
    assert query(asker.member, "SELECT match_id, map FROM matches").rows == [[str(mine.pk), "de_mirage"]]
    counts = {
        "rounds": Round.objects.filter(match=mine).count(),
        "player_match_stats": PlayerMatchStat.objects.filter(match=mine).count(),
        "player_round_states": PlayerRoundState.objects.filter(match=mine).count(),
    }
    for name, expected in counts.items():
        assert query(asker.member, f"SELECT count(*) FROM {name}").rows == [[expected]]
    assert query(asker.owner, "SELECT count(*) FROM matches").rows == [[2]]
    for table in TABLES:
        if table.name not in ("matches", "weapons"):
            others = query(asker.member, f"SELECT count(*) FROM {table.name} WHERE match_id <> '{mine.pk}'")
            assert others.rows == [[0]]


def test_my_maps_are_those_of_my_own_matches(asker: World) -> None:
    """The owner sees every match; theirs are those that their account played in, or that they brought."""
    mine = dict(EXAMPLES)["My maps"]
    assert query(asker.owner, mine).rows == []
    assert [row[0] for row in query(asker.member, mine).rows] == ["de_mirage"]
    own = SteamAccount.objects.create(steam_id=76_561_198_000_000_777, user=asker.owner)
    row = PlayerMatchStat.objects.filter(match__map_name="de_nuke", side="all").first()
    assert row is not None
    PlayerMatchStat.objects.filter(pk=row.pk).update(steam_account=own)
    assert [row[0] for row in query(asker.owner, mine).rows] == ["de_nuke"]
    assert query(asker.owner, "SELECT count(*) FROM matches").rows == [[2]]


def test_rows_lead_to_their_matches_and_rounds(asker: World, member: Client) -> None:
    match = asker.member.observations.get().match
    page = member.get("/sql/", {"query": "SELECT match_id, map FROM matches"})
    assert re.search(f'<a href="/matches/{match.pk}/" ?>{match.pk}</a', source_of(page))
    page = member.get("/sql/", {"query": "SELECT match_id, round_number FROM rounds LIMIT 1"})
    assert f'<a href="/matches/{match.pk}/rounds/1/"' in source_of(page)
    for odd in ("'<b>'", "NULL", "7", "'not-an-id'"):
        page = member.get("/sql/", {"query": f"SELECT {odd} AS match_id, -1 AS round_number"})
        assert page.status_code == 200
        assert "/matches/" not in page.content.decode().split('id="result-title"')[1].split("</table>")[0]


def test_opening_and_clutch_figures_can_be_asked_for(asker: World) -> None:
    wanted = "opening_kills, opening_deaths, clutches_won, clutches_lost, last_duels_won, last_duels_lost"
    rows = query(asker.member, f"SELECT {wanted} FROM player_match_stats WHERE side = 'all'").rows
    stored = PlayerMatchStat.objects.filter(match__map_name="de_mirage", side="all")
    assert sorted(map(tuple, rows)) == sorted(stored.values_list(*wanted.split(", ")))


def test_what_a_game_client_is_not_told_is_null(world: World) -> None:
    live_match(world.member)
    columns = "sum(kills), max(damage), max(clutches_won), max(opening_kills)"
    told = f"SELECT {columns} FROM player_match_stats WHERE side = 'all'"
    assert query(world.member, told).rows == [[4, None, None, None]]
    assert query(world.member, "SELECT sum(won), max(damage), sum(kills) FROM player_round_states").rows == [
        [2, None, 4]
    ]
    assert query(world.member, "SELECT max(shots), sum(kills) FROM player_weapons").rows == [[None, 4]]


def test_a_deleted_match_is_gone_at_once(asker: World) -> None:
    assert query(asker.member, "SELECT count(*) FROM matches").rows == [[1]]
    Match.objects.filter(map_name="de_mirage").delete()
    assert query(asker.member, "SELECT count(*) FROM matches").rows == [[0]]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_everything_but_one_select_is_refused(world: World, sql: str) -> None:
    with pytest.raises(QueryError):
        query(world.member, sql)


def test_an_endless_query_is_stopped_in_time(world: World) -> None:
    begin_s = time.monotonic()
    with pytest.raises(QueryError, match="ran longer than 2 s"):
        query(world.member, BOMB)
    assert time.monotonic() - begin_s < 8


LONG = "replace(replace(replace('aaaaaaaaaa', 'a', 'bbbbbbbbbb'), 'b', 'cccccccccc'), 'c', 'dddddddddd')"
"""Ten thousand characters."""
ENDLESS = f"WITH RECURSIVE n(i, s) AS (SELECT 1, {LONG} UNION ALL SELECT i + 1, s FROM n"


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE n(s) AS (SELECT 'aaaaaaaa' UNION ALL SELECT s || s FROM n) SELECT max(length(s)) FROM n",
        f"SELECT replace({LONG}, 'd', {LONG})",
        f"{ENDLESS} WHERE i < 9) SELECT group_concat(a.s || b.s || c.s) FROM n a, n b, n c",
        f"{ENDLESS}) SELECT s FROM n ORDER BY s || i",
    ],
)
def test_memory_cannot_be_eaten(world: World, sql: str) -> None:
    with pytest.raises(QueryError, match=r"bytes|memory|longer than"):
        query(world.member, sql)


def test_rows_and_bytes_are_limited(world: World) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
    many = query(world.member, f"{numbers} SELECT i FROM n")
    assert (len(many.rows), many.cut) == (1000, "rows")
    large = query(world.member, f"{numbers} SELECT {LONG} FROM n")
    assert large.cut == "size"
    assert len(large.rows) < 1000


@pytest.mark.parametrize(
    ("sql", "position"),
    [
        ("SELEC 1", 0),
        ("SELECT map FROM matches WHERE", 29),
        ("SELECT map\nFROM matches\nWHERE map ==== 1", 36),
        ("SELECT mapp FROM matches", 7),
        ("SELECT map FROM match", 16),
        ("SELECT map FROM matches GROUP GROUP BY map", 30),
        ("SELECT frobnicate(map) FROM matches", 7),
        ("SELECT 'open FROM matches", 7),
    ],
)
def test_errors_name_the_place(world: World, sql: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        query(world.member, sql)
    assert caught.value.position == position


@pytest.mark.parametrize("sql", ["SELECT 1\0", "SELECT " + "1," * MOST_SQL_CHARS + "1"])
def test_malformed_questions(world: World, sql: str) -> None:
    with pytest.raises(QueryError):
        query(world.member, sql)


@pytest.mark.parametrize(("title", "sql"), EXAMPLES)
def test_every_example_runs_and_finds_something_or_nothing(asker: World, title: str, sql: str) -> None:
    result = query(asker.member, sql)
    assert result.columns
    if title in ("My maps", "Players by damage per round"):
        assert result.rows


def test_the_page_shows_rows_schema_and_errors(asker: World, member: Client) -> None:
    page = member.get("/sql/").content.decode()
    assert all(f"<code>{table.name}</code>" in page for table in TABLES)
    found = member.get("/sql/", {"query": "SELECT map, score_a FROM matches"})
    assert found.status_code == 200
    assert "de_mirage" in found.content.decode()
    wrong = member.get("/sql/", {"query": "SELECT map\nFROM matchs"})
    assert wrong.status_code == 422
    assert "Line 2, column 6" in wrong.content.decode()
    assert "No such table" in wrong.content.decode()
    assert asker.member.pk


def test_csv_holds_the_rows_and_no_formulas(asker: World, member: Client) -> None:
    PlayerMatchStat.objects.filter(match__map_name="de_mirage").update(name="=1+1")
    Match.objects.filter(map_name="de_mirage").update(score_a=7)  # so that the rows are copied anew
    query = "SELECT name, -5 AS number, steam_id FROM player_match_stats LIMIT 1"
    answer = member.get("/sql/", {"query": query, "format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows[0] == ["name", "number", "steam_id"]
    assert rows[1][:2] == ["'=1+1", "-5"]
    assert len(rows[1][2]) == 17
    assert asker.member.pk


def test_who_may_ask(anonymous: Client, member: Client) -> None:
    assert anonymous.get("/sql/", {"query": "SELECT 1"}).status_code == 302
    assert member.post("/sql/", {"query": "SELECT 1"}).status_code == 405


def test_a_copy_is_kept_beside_the_objects_until_the_matches_are_others(asker: World) -> None:
    def kept() -> list[str]:
        return [info.key for info in services().store.list("asking")]

    query(asker.member, "SELECT 1")
    first = kept()
    assert len(first) == 1
    assert first[0].startswith(f"asking/{asker.member.pk}/")
    query(asker.member, "SELECT 1")
    assert kept() == first
    publish_match(asker.member, 9)
    query(asker.member, "SELECT 1")
    assert len(kept()) == 1
    assert kept() != first
    collect_garbage(services(), older_than=timedelta())
    assert kept() == []
