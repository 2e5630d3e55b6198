"""`offangle user`: the people of this installation."""

import sys
from typing import Annotated, Any

import typer
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rich.markup import escape
from rich.table import Table

from offangle.bootstrap.build import start
from offangle.cli.output import out, print_json
from offangle.cli.people import JsonOption
from offangle.core.errors import BadInputError
from offangle.db.models import User
from offangle.db.queries.people import claim_steam_account, create_user, user_named
from offangle.flows.people.sign_in import make_sign_in_link, sign_in_url

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="People: create, list, passwords, links, Steam accounts."
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]


@app.command()
def create(
    name: NameArgument,
    *,
    email: Annotated[str, typer.Option("--email", metavar="ADDRESS", help="For notifications.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="Sees and deletes everything.")] = False,
) -> None:
    """Make a user and print a link that signs them in once, within the hour."""
    services = start()
    user = create_user(name, email=email, is_admin=admin)
    typer.echo(sign_in_url(services.base_url, make_sign_in_link(user)))


@app.command("list")
def list_users(*, as_json: JsonOption = False) -> None:
    """List the users with their Steam accounts."""
    start()
    rows: list[dict[str, Any]] = [
        {
            "name": user.username,
            "email": user.email,
            "is_admin": user.is_superuser,
            "is_active": user.is_active,
            "steam_ids": [str(account.steam_id) for account in user.steam_accounts.all()],
        }
        for user in User.objects.order_by("username").prefetch_related("steam_accounts")
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("Name", "E-mail", "Role", "Steam accounts", box=None)
    for row in rows:
        role = "admin" if row["is_admin"] else "member"
        table.add_row(escape(row["name"]), escape(row["email"]), role, ", ".join(row["steam_ids"]))
    out().print(table if rows else "No users. `offangle up` makes the owner, `offangle user create NAME` others.")


@app.command("set-password")
def set_password(
    name: NameArgument,
    *,
    from_stdin: Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")] = False,
) -> None:
    """Set a password; it is asked for twice and not shown."""
    start()
    user = user_named(name)
    password = sys.stdin.readline().rstrip("\r\n") if from_stdin else _asked()
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInputError("; ".join(error.messages), hint="Choose another one.") from error
    user.set_password(password)
    user.save(update_fields=["password"])
    out().print(f"The password of {escape(user.username)} is set.")


@app.command()
def link(name: NameArgument) -> None:
    """Print a link that signs the user in once, within the hour."""
    services = start()
    typer.echo(sign_in_url(services.base_url, make_sign_in_link(user_named(name))))


@app.command("add-steam")
def add_steam(
    name: NameArgument, steam_id: Annotated[int, typer.Argument(metavar="STEAM_ID", help="SteamID64, 17 digits.")]
) -> None:
    """Say that a Steam account is this user's: the matches it played in become visible to them."""
    start()
    account = claim_steam_account(user_named(name), steam_id)
    out().print(f"{account.steam_id} is now an account of {escape(name)}.")


def _asked() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
