"""The journal of posts: appended in groups, read in order. Nobody else writes or reads it.

The order is that of `id`, and readers may keep the last id they saw: rows become visible in the order of their ids, on
SQLite because it has one writer at a time, on PostgreSQL because an append holds a lock from before its first id is
drawn until it is committed. Without that a reader could pass an id whose row appears later, and never see it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import psycopg
from django.db import connection
from django.db.models import Max

from offangle.db.models import GsiJournal

TABLE: Final = GsiJournal._meta.db_table  # noqa: SLF001 -- Django's documented way to a table's name
COLUMNS: Final = "steam_id, token_id, received_ns, provider_timestamp, body"
MOST_PER_APPEND: Final = 2_048
"""SQLite takes 32 766 values in one statement; a row has five."""
APPEND_LOCK: Final = 8730_0002
"""Any fixed number that nobody else takes as an advisory lock."""
_APPEND_POSTGRES: Final = f"""
    WITH alone AS MATERIALIZED (SELECT pg_advisory_xact_lock({APPEND_LOCK}))
    INSERT INTO {TABLE} ({COLUMNS})
    SELECT rows.* FROM alone, unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::int[], %b::bytea[]) AS rows
"""  # noqa: S608 -- names and numbers of our own


class JournalEntry(NamedTuple):
    """A post to append."""

    steam_id: int
    token_id: int | None
    received_ns: int
    provider_timestamp: int
    body: bytes


class JournalPost(NamedTuple):
    """A post as stored."""

    id: int
    steam_id: int
    received_ns: int
    provider_timestamp: int
    body: bytes


class ObserverNews(NamedTuple):
    """An observer whose stream has grown."""

    steam_id: int
    newest_id: int


def append_many(entries: Sequence[JournalEntry]) -> None:
    """Append all entries in one transaction, in their order; when this returns they are on the disk.

    One statement, so that a thread that shares the interpreter with others asks for it once and not once per row.

    Raises:
        ValueError: More than `MOST_PER_APPEND`.
        django.db.IntegrityError: A token no longer exists; nothing was stored.
        django.db.DatabaseError: Nothing was stored.
    """
    if not entries:
        return
    if len(entries) > MOST_PER_APPEND:
        raise ValueError(f"{len(entries)} entries; at most {MOST_PER_APPEND} go into one append")
    if connection.vendor == "postgresql":
        _append_postgres(entries)
    else:
        _append_sqlite(entries)


def limit_waits(seconds: float) -> None:
    """Let this thread's connection wait no longer than this for another writer, then fail."""
    limit_ms = round(seconds * 1000)
    word = "SET lock_timeout =" if connection.vendor == "postgresql" else "PRAGMA busy_timeout ="
    with connection.cursor() as cursor:
        cursor.execute(f"{word} {limit_ms:d}")


def read_after(steam_id: int, after_id: int, limit: int) -> list[JournalPost]:
    """The observer's next posts after `after_id`, oldest first, at most `limit`."""
    rows = GsiJournal.objects.filter(steam_id=steam_id, pk__gt=after_id).order_by("pk")[:limit]
    columns = rows.values_list("pk", "steam_id", "received_ns", "provider_timestamp", "body")
    return [JournalPost(*row[:-1], bytes(row[-1])) for row in columns]


def observers_after(after_id: int) -> list[ObserverNews]:
    """Observers with posts after `after_id`, and the newest id of each; the largest of these is the next `after_id`."""
    grown = GsiJournal.objects.filter(pk__gt=after_id).order_by().values_list("steam_id").annotate(Max("pk"))
    return [ObserverNews(*row) for row in grown]


def first_since(steam_id: int, since_ns: int) -> int | None:
    """The observer's first post that arrived at or after a time; None when there is none."""
    young = GsiJournal.objects.filter(steam_id=steam_id, received_ns__gte=since_ns)
    return young.order_by("pk").values_list("pk", flat=True).first()


def delete_before(steam_id: int, before_id: int, limit: int) -> int:
    """Delete the observer's oldest posts before `before_id`, at most `limit`; returns how many."""
    oldest = GsiJournal.objects.filter(steam_id=steam_id, pk__lt=before_id).order_by("pk")
    ids = list(oldest.values_list("pk", flat=True)[:limit])
    return GsiJournal.objects.filter(pk__in=ids).delete()[0] if ids else 0


def newest_id() -> int:
    """The id of the newest post, 0 when there is none."""
    return GsiJournal.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _append_sqlite(entries: Sequence[JournalEntry]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_insert_sqlite(len(entries)), [value for entry in entries for value in entry])


@cache
def _insert_sqlite(rows: int) -> str:
    return f"INSERT INTO {TABLE} ({COLUMNS}) VALUES " + ",".join(["(%s,%s,%s,%s,%s)"] * rows)  # noqa: S608 -- names of our own


def _append_postgres(entries: Sequence[JournalEntry]) -> None:
    connection.ensure_connection()
    # Django's own cursor writes values into the statement as text, which doubles a body; arrays go as they are.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_APPEND_POSTGRES, [list(column) for column in zip(*entries, strict=True)])
