"""Pages: some items and an opaque cursor for the next, signed so that nobody invents one."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

from django.core import signing
from ninja import Query, Schema
from pydantic import Field

from offangle.core.errors import BadInputError

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 500
MAX_CURSOR_CHARS: Final = 1000

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items per page")]
Cursor = Annotated[
    str | None, Query(max_length=MAX_CURSOR_CHARS, description="`next_cursor` of the page before; absent for the first")
]

ItemT = TypeVar("ItemT")


class Page(Schema, Generic[ItemT]):
    """Some items of a list."""

    items: list[ItemT]
    next_cursor: str | None = Field(description="Ask with it for the next page; null on the last")


def write_cursor(scope: str, position: Sequence[Any]) -> str:
    """A cursor of the list `scope` that stands after `position`."""
    return signing.Signer(salt=f"api-cursor:{scope}").sign_object(list(position))


def read_cursor(scope: str, cursor: str) -> list[Any]:
    """The position that `cursor` stands for.

    Raises:
        BadInputError: It is not a cursor of this list.
    """
    try:
        position = signing.Signer(salt=f"api-cursor:{scope}").unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise BadInputError(
            "the cursor is not one this list gave out", hint="Start again without a cursor, with the same filters."
        ) from error
    return list(position)
