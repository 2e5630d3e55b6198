"""Reading in one state of the database, while others write; on both databases."""

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import DatabaseError, connection, transaction

from offangle.db.models import User
from offangle.db.queries.snapshot import one_state

pytestmark = pytest.mark.usefixtures("transactional_db")


def elsewhere(work: Callable[[], object]) -> None:
    """Run `work` on a connection of its own, and return when it is through."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 -- told to the test below
            failed.append(error)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert not failed, failed


def test_what_others_commit_meanwhile_is_not_seen() -> None:
    User.objects.create_user("first")
    with one_state():
        assert User.objects.count() == 1
        elsewhere(lambda: User.objects.create_user("second"))
        assert User.objects.count() == 1
        with transaction.atomic():
            assert User.objects.count() == 1
    assert User.objects.count() == 2


def test_readers_do_not_hold_up_writers_and_writers_not_readers() -> None:
    with one_state():
        assert User.objects.count() == 0
        with one_state():
            elsewhere(lambda: User.objects.create_user("written while somebody reads"))

    def read() -> None:
        with one_state():
            assert User.objects.count() == 1

    with transaction.atomic():
        User.objects.create_user("not committed yet")
        elsewhere(read)


def test_nothing_is_written_inside_and_everything_after() -> None:
    def write_inside() -> None:
        with one_state():
            User.objects.create_user("nobody")

    with pytest.raises(DatabaseError):
        write_inside()
    assert User.objects.count() == 0
    User.objects.create_user("somebody")
    with transaction.atomic():
        User.objects.create_user("somebody else")
    assert User.objects.count() == 2


def test_an_error_inside_leaves_the_connection_as_it_was() -> None:
    def fail() -> None:
        with one_state():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert connection.in_atomic_block is False
    with transaction.atomic():
        User.objects.create_user("somebody")
    assert User.objects.count() == 1


def test_within_a_transaction_that_one_decides() -> None:
    with transaction.atomic():
        User.objects.create_user("mine")
        with one_state():
            assert User.objects.count() == 1
        User.objects.create_user("and mine")
    assert User.objects.count() == 2
