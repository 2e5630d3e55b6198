"""Who a command acts for: the instance's owner, or the user that `--user` names."""

from typing import Annotated

import typer

from offangle.db.models import User
from offangle.db.queries.people import user_named
from offangle.flows.people.sign_in import create_owner

UserOption = Annotated[
    str | None, typer.Option("--user", metavar="NAME", help="Act for this user instead of the instance's owner.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def acting_user(name: str | None) -> User:
    """The user of this name, or the owner.

    Raises:
        NotFoundError: There is no user of that name.
    """
    return create_owner() if name is None else user_named(name)
