"""Asking one's own data in SQL: the rows are copied, the query runs in a process of its own with limits."""

import json
import threading
from dataclasses import dataclass
from typing import Any, Final

from offangle.core.errors import BadInputError, OffangleError, TransientError
from offangle.db.models import User
from offangle.flows.asking.copies import copy_of
from offangle.processes.children import ChildLimits, ChildWords, run_child
from offangle.storage.objects import ObjectStore

CHILD_MODULE: Final = "offangle.flows.asking.sql_child"
MOST_ROWS: Final = 1000
TIME_LIMIT_S: Final = 2.0
MOST_SQL_CHARS: Final = 10_000
START_GRACE_S: Final = 10.0
"""A busy machine is slow to start a process; the query's own time is counted by the process itself."""
CPU_GRACE_S: Final = 3.0
"""Reading the copy, and SQLite's way to where it looks at the clock."""
MEMORY_BYTES: Final = 512 * 1024**2
OPEN_FILES: Final = 32
WORDS: Final = ChildWords(
    work="the query",
    worker="the query's process",
    output="the answer",
    output_hint="",
    hint="Ask for less.",
    error=OffangleError,
)
MOST_AT_ONCE: Final = 2
WAIT_S: Final = 5.0

_slots: Final = threading.BoundedSemaphore(MOST_AT_ONCE)


class QueryError(BadInputError):
    """The query cannot be run; `position` counts characters from 0 where SQLite tells the place."""

    def __init__(self, message: str, *, position: int | None = None) -> None:
        super().__init__(message, hint="The tables and their columns are listed beside.")
        self.position = position


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave; `cut` says why there is no more: rows, size, or nothing."""

    columns: list[str]
    rows: list[list[Any]]
    cut: str
    elapsed_ms: float


def run_query(
    store: ObjectStore, user: User, sql: str, *, most_rows: int = MOST_ROWS, time_limit_s: float = TIME_LIMIT_S
) -> Result:
    """Run one SELECT over the rows that `user` may see.

    Raises:
        QueryError: It is no single SELECT, is wrong, or needs more time or memory than it may have.
        TransientError: Too many people ask at once.
    """
    if len(sql) > MOST_SQL_CHARS:
        raise QueryError(f"the query is longer than {MOST_SQL_CHARS:,} characters")
    if "\0" in sql:
        raise QueryError("the query holds a null character", position=sql.index("\0"))
    question = {"sql": sql, "most_rows": most_rows, "seconds": time_limit_s, "locate": True}
    if not _slots.acquire(timeout=WAIT_S):
        raise TransientError("too many queries run at this moment", hint="Try again in a few seconds.")
    try:
        found = _ask(question, copy_of(user, store))
    finally:
        _slots.release()
    if "error" in found:
        raise QueryError(found["error"], position=found.get("position"))
    return Result(**found)


def _ask(question: dict[str, Any], copy: bytes) -> dict[str, Any]:
    """Hand the question and the copy to a child, and read its answer."""
    seconds = question["seconds"]
    limits = ChildLimits(
        wall_s=seconds + START_GRACE_S,
        cpu_s=seconds + CPU_GRACE_S,
        memory_bytes=MEMORY_BYTES,
        reserve_bytes=0,  # nothing here but SQLite: what it is refused it says in words
        open_files=OPEN_FILES,
        niceness=0,  # somebody waits for it
    )
    given = json.dumps(question).encode() + b"\n" + copy
    try:
        return dict(run_child(CHILD_MODULE, [], None, words=WORDS, limits=limits, given=given).told)
    except OffangleError as error:
        if not error.permanent:
            raise TransientError("the query was interrupted", hint="Ask again.") from error
        return {"error": "the query needs more time or memory than it may have"}
