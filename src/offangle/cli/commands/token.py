"""`offangle token`: secrets for programs that use the API."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from offangle.bootstrap.build import start
from offangle.cli.output import notes, out, print_json
from offangle.cli.people import JsonOption, UserOption, acting_user
from offangle.db.queries import tokens

app = typer.Typer(add_completion=False, no_args_is_help=True, help="API tokens: create, list, revoke.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What will use it.")], *, user: UserOption = None
) -> None:
    """Make a token and print its secret, which is shown this once."""
    start()
    token, secret = tokens.create_token(acting_user(user), name)
    notes().print(f"Token {token.pk} of {escape(token.user.username)}. Keep the secret: it is not shown again.")
    typer.echo(secret)


@app.command("list")
def list_tokens(*, user: UserOption = None, as_json: JsonOption = False) -> None:
    """List tokens, revoked ones too."""
    start()
    rows = [
        {
            "id": token.pk,
            "name": token.name,
            "prefix": token.prefix,
            "created_at": token.created_at.isoformat(),
            "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
            "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
        }
        for token in tokens.tokens_of(acting_user(user))
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("Id", "Name", "Begins", "Last used", "State", box=None)
    for row in rows:
        state = "revoked" if row["revoked_at"] else "active"
        table.add_row(
            str(row["id"]), escape(str(row["name"])), str(row["prefix"]), str(row["last_used_at"] or "never"), state
        )
    out().print(table if rows else "No tokens. `offangle token create NAME` makes one.")


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="As `offangle token list` shows it.")],
    *,
    user: UserOption = None,
) -> None:
    """End a token at once."""
    start()
    token = tokens.revoke(acting_user(user), token_id)
    out().print(f"Token {token.pk} ({escape(token.name)}) is revoked.")
