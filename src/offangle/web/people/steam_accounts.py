"""A person's Steam accounts and the tokens of the games that play with them."""

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import GsiToken, User
from offangle.db.queries.connections import connections_of
from offangle.db.queries.gsi_tokens import create_gsi_token, gsi_tokens_of, hash_gsi_secret, revoke_gsi_token
from offangle.db.queries.gsi_tokens import rotate_gsi_token as rotate_secret
from offangle.db.queries.people import claim_steam_account
from offangle.flows.people.gsi_config import FILE_NAME, gsi_config
from offangle.flows.people.steam_accounts import unlink_steam_account
from offangle.web.people.forms import GameTokenForm, SteamIdForm
from offangle.web.people.leaving import leads_to_steam
from offangle.web.shared.forms import style
from offangle.web.shared.problems import sentence
from offangle.web.shared.signed_in import signed_in

DOWNLOAD_SALT: Final = "offangle.gsi-config"
DOWNLOAD_LIFE_S: Final = 30 * 60
"""The page with a new secret offers the file this long; the secret is nowhere but in that page."""
MOST_TOKENS: Final = 20
"""Of one user at a time: every web process keeps all of them in memory."""


@leads_to_steam
@require_GET
def steam_page(request: HttpRequest) -> HttpResponse:
    """All of it."""
    return page(request)


def page(request: HttpRequest, *, status: HTTPStatus = HTTPStatus.OK, **changed: Any) -> HttpResponse:
    """The page, with the forms in `changed` in place of fresh ones."""
    user = signed_in(request)
    connections = connections_of(user)
    accounts = [
        {"account": account, "connections": [each for each in connections if each.token.steam_account_id == account.pk]}
        for account in user.steam_accounts.order_by("claimed_at", "pk")
    ]
    context = {
        "accounts": accounts,
        "token_form": GameTokenForm(),
        "claim_form": SteamIdForm() if may_type(user) else None,
        **changed,
    }
    return render(request, "offangle/people/steam_accounts.html", context, status=status)


def may_type(user: User) -> bool:
    """Whether `user` may enter a SteamID without proof: the owner of an installation that is not open to everybody."""
    return user.is_superuser and not settings.SIGNUP_OPEN


@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Enter a Steam account without proof; it takes posts of the game, but signs nobody in."""
    user = signed_in(request)
    if not may_type(user):
        raise PermissionDenied("Link your Steam account by signing in through Steam.")
    form = SteamIdForm(request.POST)
    if form.is_valid():
        try:
            account = claim_steam_account(user, int(form.cleaned_data["steam_id"]))
        except BadInputError as error:
            form.add_error("steam_id", sentence(error.message))
            style(form)
        else:
            messages.success(request, f"The Steam account {account} is yours here.")
            return redirect("settings-steam")
    return page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, claim_form=form)


@require_POST
def unlink(request: HttpRequest, steam_id: int) -> HttpResponseRedirect:
    """Give a Steam account up."""
    try:
        account = unlink_steam_account(signed_in(request), steam_id)
    except BadInputError as error:
        messages.error(request, f"{sentence(error.message)} {error.hint}")
    else:
        messages.success(request, f"The Steam account {account} is no longer linked; its game tokens were revoked.")
    return redirect("settings-steam")


@require_POST
@never_cache
@sensitive_variables("secret")
def create_token(request: HttpRequest, steam_id: int) -> HttpResponse:
    """Make a token for one Steam account and show its secret, this once."""
    user = signed_in(request)
    form = GameTokenForm(request.POST)
    if not form.is_valid():
        return page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, token_form=form, form_of=steam_id)
    if gsi_tokens_of(user).filter(revoked_at=None).count() >= MOST_TOKENS:
        form.add_error("name", f"You have {MOST_TOKENS} tokens. Revoke one first.")
        return page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, token_form=form, form_of=steam_id)
    token, secret = create_gsi_token(user, steam_id, form.cleaned_data["name"])
    return secret_page(request, token, secret, status=HTTPStatus.CREATED)


@require_POST
@never_cache
@sensitive_variables("secret")
def rotate_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Give a token a new secret and show it, this once."""
    token, secret = rotate_secret(signed_in(request), token_id)
    return secret_page(request, token, secret)


def secret_page(
    request: HttpRequest, token: GsiToken, secret: str, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """The token, the file to download, and where it goes."""
    context = {
        "token": token,
        "secret": secret,
        "download": signing.dumps({"token": token.pk, "secret": secret}, salt=DOWNLOAD_SALT),
        "file_name": FILE_NAME,
    }
    return render(request, "offangle/people/game_token.html", context, status=status)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponseRedirect:
    """End a token."""
    token = revoke_gsi_token(signed_in(request), token_id)
    messages.success(request, f"The token {token.name} was revoked. The game is refused from now on.")
    return redirect("settings-steam")


@require_POST
@never_cache
@sensitive_post_parameters()
@sensitive_variables("secret")
def config_file(request: HttpRequest) -> HttpResponse:
    """The file for the game. The page with the secret sends it back here: Offangle itself keeps only a hash."""
    secret = downloadable_secret(signed_in(request), request.POST.get("download", ""))
    text = gsi_config(settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/"), secret)
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


@sensitive_variables("signed", "value")
def downloadable_secret(user: User, signed: str) -> str:
    """The secret that a page of ours was given, if it is still that of a token of `user`.

    Raises:
        BadInputError: The page is too old, or not ours.
        NotFoundError: The token was rotated or revoked since, or is another user's.
    """
    try:
        value = signing.loads(signed, salt=DOWNLOAD_SALT, max_age=DOWNLOAD_LIFE_S)
    except signing.BadSignature as error:
        raise BadInputError(
            "this download is not offered any more",
            hint="Rotate the token on the page of your Steam accounts to get a new file.",
        ) from error
    current = gsi_tokens_of(user).filter(
        pk=value["token"], secret_hash=hash_gsi_secret(value["secret"]), revoked_at=None
    )
    if not current.exists():
        raise NotFoundError("no such token, or it has a new secret since", hint="Rotate it to get a new file.")
    secret: str = value["secret"]
    return secret
