"""Several queries that see one state of the database, whatever is published between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection, transaction

ONE_STATE: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""PostgreSQL's own words; its ordinary transactions see what others commit meanwhile."""


@contextmanager
def one_state() -> Iterator[None]:
    """Read inside the block as of one moment, waiting for no writer and holding up none.

    The database refuses to write inside. Within a transaction that is open already, that one decides what is seen.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            _execute(ONE_STATE)
            yield
    else:
        with _reading(), transaction.atomic():
            yield


@contextmanager
def _reading() -> Iterator[None]:
    """SQLite takes its snapshot at the first read; the transactions of writers begin by waiting for one another.

    The connection is told outside of the transaction, which may end in an error after which it takes no statement.
    """
    database: Any = connection  # the stubs know nothing of the back end's own attributes
    _execute("PRAGMA query_only = ON")  # which also connects: before, there is no mode
    mode = database.transaction_mode
    database.transaction_mode = "DEFERRED"
    try:
        yield
    finally:
        database.transaction_mode = mode
        _execute("PRAGMA query_only = OFF")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
