"""`offangle gsi token`: what lets a game client post."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from offangle.bootstrap.build import start
from offangle.cli.output import notes, out, print_json
from offangle.cli.people import JsonOption, UserOption, acting_user
from offangle.db.models import GsiToken
from offangle.db.queries import gsi_tokens

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Tokens of game clients: create, list, rotate, revoke."
)

TokenArgument = Annotated[int, typer.Argument(metavar="ID", help="As `offangle gsi token list` shows it.")]


@app.command()
def create(
    steam_id: Annotated[
        int, typer.Argument(metavar="STEAM_ID", help="The Steam account that plays; it must be yours.")
    ],
    *,
    name: Annotated[str, typer.Option("--name", help="The computer that plays.")] = "",
    user: UserOption = None,
) -> None:
    """Make a token and print its secret, which is shown this once."""
    start()
    token, secret = gsi_tokens.create_gsi_token(acting_user(user), steam_id, name)
    _show(token, secret)


@app.command("list")
def list_tokens(*, user: UserOption = None, as_json: JsonOption = False) -> None:
    """List tokens, revoked ones too."""
    start()
    rows = [_row(token) for token in gsi_tokens.gsi_tokens_of(acting_user(user))]
    if as_json:
        print_json(rows)
        return
    table = Table("Id", "Name", "Steam account", "Begins", "Last used", "State", box=None)
    for row in rows:
        state = "revoked" if row["revoked_at"] else "active"
        names = [str(row[key]) for key in ("id", "name", "steam_id", "prefix")]
        table.add_row(*(escape(name) for name in names), str(row["last_used_at"] or "never"), state)
    out().print(table if rows else "No tokens. `offangle gsi token create STEAM_ID` makes one.")


@app.command()
def rotate(token_id: TokenArgument, *, user: UserOption = None) -> None:
    """Give a token a new secret and print it; the old one is refused within a second."""
    start()
    token, secret = gsi_tokens.rotate_gsi_token(acting_user(user), token_id)
    _show(token, secret)


@app.command()
def revoke(token_id: TokenArgument, *, user: UserOption = None) -> None:
    """End a token; it is refused within a second."""
    start()
    token = gsi_tokens.revoke_gsi_token(acting_user(user), token_id)
    out().print(f"Token {token.pk} ({escape(token.name)}) is revoked.")


def _show(token: GsiToken, secret: str) -> None:
    account = token.steam_account_id
    notes().print(f"Token {token.pk} for posts of {account}. Keep the secret: it is not shown again.")
    typer.echo(secret)


def _row(token: GsiToken) -> dict[str, str | int | None]:
    times = {name: getattr(token, name) for name in ("created_at", "rotated_at", "last_used_at", "revoked_at")}
    return {
        "id": token.pk,
        "name": token.name,
        "steam_id": str(token.steam_account_id),
        "prefix": token.prefix,
        **{name: time.isoformat() if time else None for name, time in times.items()},
    }
