"""Runs one query on a copy of somebody's rows, in a process that can hurt nobody.

Started by `sql_explorer`, which gives it the question and the copy; the answer is what it tells at its end. Reads no
file, opens no connection, knows no secret. Little beside the standard library is imported, so that it starts quickly.
"""

import json
import sqlite3
import sys
import time
from typing import Any, Final

from offangle.core.errors import OffangleError
from offangle.processes.channel import Progress, given, serve

CHECK_EVERY: Final = 1000
"""Instructions of SQLite's machine between two looks at the clock."""
MOST_VALUE_BYTES: Final = 100_000
"""The longest text or blob that may come to be."""
MOST_RESULT_BYTES: Final = 2_000_000
FUNCTIONS: Final = frozenset(
    {
        "abs",
        "avg",
        "ceil",
        "ceiling",
        "coalesce",
        "count",
        "cume_dist",
        "date",
        "datetime",
        "dense_rank",
        "exp",
        "first_value",
        "floor",
        "glob",
        "group_concat",
        "ifnull",
        "iif",
        "instr",
        "julianday",
        "lag",
        "last_value",
        "lead",
        "length",
        "like",
        "ln",
        "log",
        "log10",
        "lower",
        "ltrim",
        "max",
        "min",
        "mod",
        "nth_value",
        "ntile",
        "nullif",
        "percent_rank",
        "pow",
        "power",
        "rank",
        "replace",
        "round",
        "row_number",
        "rtrim",
        "sign",
        "sqrt",
        "strftime",
        "string_agg",
        "substr",
        "substring",
        "sum",
        "time",
        "total",
        "trim",
        "unixepoch",
        "upper",
    }
)
OWN_TABLES: Final = ("sqlite_", "pragma_", "json_")
LIMITS: Final = (
    (sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 20_000),
    (sqlite3.SQLITE_LIMIT_COLUMN, 200),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 100_000),
    (sqlite3.SQLITE_LIMIT_FUNCTION_ARG, 16),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
    (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 0),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)
TOO_LONG: Final = "the query ran longer than {seconds:g} s and was stopped"


def open_copy(data: bytes) -> tuple[sqlite3.Connection, frozenset[str]]:
    """The copy, closed to everything but reading, and the names of its tables."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    copy.deserialize(data)
    tables = frozenset(name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    copy.execute("PRAGMA temp_store = MEMORY")
    copy.execute("PRAGMA query_only = ON")
    for limit, value in LIMITS:
        copy.setlimit(limit, value)
    copy.set_authorizer(authorizer(tables))
    return copy, tables


def authorizer(tables: frozenset[str]) -> Any:
    """Allows selecting, reading the copy's own tables and harmless functions; refuses all else."""

    def judge(action: int, first: str | None, second: str | None, database: str | None, _inner: str | None) -> int:
        is_allowed = (
            action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}
            or (action == sqlite3.SQLITE_READ and (first in tables or is_of_the_query(first, second, database)))
            or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FUNCTIONS)
        )
        return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY

    return judge


def is_of_the_query(name: str | None, column: str | None, database: str | None) -> bool:
    """Whether what is read is no table but a part of the query itself, as WITH makes them, of which no column is read.

    Of such a part SQLite asks only then, and names no database. The same holds for its own tables, which are refused.
    """
    return not column and database is None and not (name or "").lower().startswith(OWN_TABLES)


def answer(copy: sqlite3.Connection, sql: str, *, most_rows: int, seconds: float) -> dict[str, Any]:
    """Run `sql`; the rows or the error as a document."""
    begin_s = time.monotonic()
    copy.set_progress_handler(lambda: int(time.monotonic() - begin_s > seconds), CHECK_EVERY)
    try:
        cursor = copy.execute(sql)
        if cursor.description is None:
            return {"error": "this statement gives no rows: begin it with SELECT or WITH"}
        found = fetch(cursor, most_rows)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError, UnicodeError) as error:
        return {"error": explained(error, seconds)}
    elapsed_ms = (time.monotonic() - begin_s) * 1000
    return {"columns": [each[0] for each in cursor.description], **found, "elapsed_ms": round(elapsed_ms, 1)}


def fetch(cursor: sqlite3.Cursor, most_rows: int) -> dict[str, Any]:
    """At most `most_rows` rows and `MOST_RESULT_BYTES`; whether there were more, and why they are not here."""
    rows: list[list[Any]] = []
    size = 0
    for row in cursor:
        if len(rows) == most_rows:
            return {"rows": rows, "cut": "rows"}
        rows.append([plain(value) for value in row])
        size += sum(len(value) if isinstance(value, str) else 8 for value in rows[-1])
        if size > MOST_RESULT_BYTES:
            return {"rows": rows, "cut": "size"}
    return {"rows": rows, "cut": ""}


def plain(value: Any) -> Any:
    """A value as JSON has it; SteamIDs as text, for browsers would round them."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def explained(error: BaseException, seconds: float) -> str:
    """What went wrong, in words for whoever wrote the query."""
    text = str(error)
    if isinstance(error, MemoryError) or "out of memory" in text:
        return "the query needs more memory than it may have"
    if text == "interrupted":
        return TOO_LONG.format(seconds=seconds)
    if "one statement at a time" in text:
        return "only one statement at a time"
    if text == "not authorized":
        return "only SELECT is allowed here: this database can be read, not changed"
    if "too big" in text:
        return f"a text grew beyond {MOST_VALUE_BYTES:,} bytes"
    return text


def work(_progress: Progress) -> dict[str, Any]:
    """Read the question, answer it."""
    head, data = given().split(b"\n", 1)
    question = json.loads(head)
    copy, _ = open_copy(data)
    found = answer(copy, question["sql"], most_rows=question["most_rows"], seconds=question["seconds"])
    if question["locate"] and "error" in found:
        found["position"] = locate(copy, question["sql"], found["error"])
    return found


def locate(copy: sqlite3.Connection, sql: str, error: str) -> int | None:
    """Where in `sql` the error is, counted from 0; None where SQLite does not tell."""
    if error == "incomplete input":
        return len(sql.rstrip())
    for beginning in ("near ", "unrecognized token: "):
        if error.startswith(beginning):
            token = error.removeprefix(beginning).removesuffix(": syntax error")[1:-1]
            return _first_failing(copy, sql, token, error)
    _, _, name = error.partition(": ")
    return _whole_word(sql, name.rsplit(".", 1)[-1]) if error.startswith(("no such", "ambiguous")) else None


def _first_failing(copy: sqlite3.Connection, sql: str, token: str, error: str) -> int | None:
    """The first place of `token` up to which the statement already fails with the same error."""
    place = sql.find(token)
    while place >= 0:
        try:
            copy.execute(f"EXPLAIN {sql[: place + len(token)]}")
        except (sqlite3.Error, sqlite3.Warning) as found:
            if str(found) == error:
                return place
        place = sql.find(token, place + 1)
    return None


def _whole_word(sql: str, word: str) -> int | None:
    lowered, wanted = sql.lower(), word.lower().split("(")[0]
    place = lowered.find(wanted) if wanted else -1
    while place >= 0:
        before, after = lowered[place - 1 : place], lowered[place + len(wanted) : place + len(wanted) + 1]
        if not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
            return place
        place = lowered.find(wanted, place + 1)
    return None


if __name__ == "__main__":
    sys.exit(serve(work, error=OffangleError))
