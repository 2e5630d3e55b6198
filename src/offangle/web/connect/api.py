"""`/gsi-tokens`: what lets a game client post."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.responses import Status

from offangle.db.models import GsiToken
from offangle.db.queries import gsi_refusals, gsi_tokens
from offangle.web.connect.schemas import GsiRefusalRow, GsiTokenRow, GsiTokenSecret, NewGsiToken
from offangle.web.connect.words import refusal_text
from offangle.web.shared.api.auth import user_of

router = Router(tags=["live"])
ROUTERS: Final = (("/gsi-tokens", router),)


MAX_ID: Final = 2**63 - 1


@router.get("", response=list[GsiTokenRow], summary="Tokens of game clients", operation_id="list_gsi_tokens")
def list_gsi_tokens(request: HttpRequest) -> list[dict[str, Any]]:
    """Your tokens, newest first, revoked ones too."""
    return [_token(row) for row in gsi_tokens.gsi_tokens_of(user_of(request))]


@router.get(
    "/refusals", response=list[GsiRefusalRow], summary="Posts that were refused", operation_id="list_gsi_refusals"
)
def list_gsi_refusals(request: HttpRequest) -> list[dict[str, Any]]:
    """The last post of each of your tokens and Steam accounts that was not taken, and why; newest first."""
    return [
        {
            "token_id": row.token_id,
            "steam_id": row.steam_id,
            "cause": row.cause,
            "detail": refusal_text(row.cause),
            "at": row.at,
        }
        for row in gsi_refusals.refusals_of(user_of(request))
    ]


@router.post("", response={201: GsiTokenSecret}, summary="Make a token", operation_id="create_gsi_token")
def create_gsi_token(request: HttpRequest, wanted: NewGsiToken) -> Any:
    """Make a token for posts of one of your Steam accounts; the secret is shown this once."""
    token, secret = gsi_tokens.create_gsi_token(user_of(request), int(wanted.steam_id), wanted.name)
    return Status(201, {**_token(token), "secret": secret})


@router.post("/{token_id}/rotate", response=GsiTokenSecret, summary="New secret", operation_id="rotate_gsi_token")
def rotate_gsi_token(request: HttpRequest, token_id: int) -> dict[str, Any]:
    """Give a token a new secret; the old one is refused within a second."""
    token, secret = gsi_tokens.rotate_gsi_token(user_of(request), _in_range(token_id))
    return {**_token(token), "secret": secret}


@router.delete("/{token_id}", response={204: None}, summary="Revoke a token", operation_id="revoke_gsi_token")
def revoke_gsi_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token; it is refused within a second."""
    gsi_tokens.revoke_gsi_token(user_of(request), _in_range(token_id))
    return HttpResponse(status=204)


def _token(token: GsiToken) -> dict[str, Any]:
    fields = {name: getattr(token, name) for name in GsiTokenRow.model_fields if name != "steam_id"}
    return {**fields, "steam_id": token.steam_account_id}


def _in_range(token_id: int) -> int:
    """A number that no column holds is nobody's token."""
    return token_id if abs(token_id) <= MAX_ID else 0
