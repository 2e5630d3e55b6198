"""To Steam and back: signing in, making an account, linking a Steam account."""

import hmac
import secrets
import time
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from offangle.core.errors import BadInputError, NotFoundError
from offangle.db.models import User
from offangle.db.queries.attempts import spend
from offangle.flows.people.secrets import hashed
from offangle.flows.people.sign_up import SignUpClosedError, sign_up, suggested_name
from offangle.flows.people.steam_accounts import holder_of, link_steam_account, prove_steam_account
from offangle.flows.people.steam_openid import request_url
from offangle.web.people.attempts import steam_budgets, too_many
from offangle.web.people.forms import UserNameForm
from offangle.web.people.sign_up import BACKEND
from offangle.web.shared.problems import problem_page, sentence
from offangle.web.shared.signed_in import signed_in

STARTED: Final = "steam_started"
PROVEN: Final = "steam_proven"
LIFE_S: Final = 15 * 60
"""Between leaving for Steam and coming back, and between coming back and choosing a name."""
STATE_BYTES: Final = 32


@require_POST
@login_not_required
@sensitive_variables("secret")
def start_sign_in(request: HttpRequest) -> HttpResponse:
    """Leave for Steam to sign in, or to make an account."""
    secret = request.POST.get("invitation", "")
    return leave(request, next=request.POST.get("next", ""), invitation_hash=hashed(secret) if secret else "")


@require_POST
def start_link(request: HttpRequest) -> HttpResponse:
    """Leave for Steam to link an account to the signed-in user."""
    return leave(request, user_id=signed_in(request).pk)


def leave(request: HttpRequest, **purpose: Any) -> HttpResponse:
    """Send the browser to Steam; the session keeps what for, and which way back is expected."""
    if wait := spend(steam_budgets(request)):
        return problem_page(request, HTTPStatus.TOO_MANY_REQUESTS, cause=too_many(wait), remedy="")
    state = secrets.token_urlsafe(STATE_BYTES)
    return_to = request.build_absolute_uri(f"{reverse('steam-return')}?{urlencode({'state': state})}")
    request.session[STARTED] = {**purpose, "state": state, "return_to": return_to, "began_s": time.time()}
    return redirect(request_url(settings.STEAM_OPENID_URL, return_to))


@login_not_required
@never_cache
@require_GET
def come_back(request: HttpRequest) -> HttpResponse:
    """The browser returns with a statement of Steam's."""
    started = taken_start(request)
    if request.GET.get("openid.mode") == "cancel":
        messages.error(request, "Sign-in at Steam was cancelled.")
        return redirect("settings-steam" if "user_id" in started else "sign-in")
    pairs = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
    steam_id = prove_steam_account(pairs, endpoint=settings.STEAM_OPENID_URL, return_to=started["return_to"])
    return linked(request, started, steam_id) if "user_id" in started else let_in(request, started, steam_id)


def taken_start(request: HttpRequest) -> dict[str, Any]:
    """What this browser left for; it can come back once.

    Raises:
        BadInputError: It did not leave from here, or long ago: somebody else's statement may have been slipped to it.
    """
    started = cast("dict[str, Any] | None", request.session.pop(STARTED, None))
    given = request.GET.get("state", "").encode()
    if started is None or not hmac.compare_digest(started["state"].encode(), given) or is_over(started):
        raise BadInputError(
            "this sign-in through Steam was not started in this browser, or too long ago",
            hint="Start again from the sign-in page. Cookies must be allowed for this site.",
        )
    return started


def is_over(entry: dict[str, Any]) -> bool:
    """Whether what the session keeps is too old."""
    return not 0 <= time.time() - entry["began_s"] <= LIFE_S


def linked(request: HttpRequest, started: dict[str, Any], steam_id: int) -> HttpResponseRedirect:
    """Make the Steam account the user's who left.

    Raises:
        BadInputError: Another user signed in meanwhile, or the account is another user's.
    """
    if not isinstance(request.user, User) or request.user.pk != started["user_id"]:
        raise BadInputError("another user is signed in now than when this began", hint="Start again.")
    account = link_steam_account(request.user, steam_id)
    messages.success(request, f"The Steam account {account} is linked to you.")
    return redirect("settings-steam")


def let_in(request: HttpRequest, started: dict[str, Any], steam_id: int) -> HttpResponseRedirect:
    """Sign in whose account it is; somebody new chooses a name first, if they may have an account.

    Raises:
        SignUpClosedError: The Steam account is nobody's, and sign-up is closed.
        BadInputError: The Steam account lets nobody in.
    """
    user = holder_of(steam_id)
    if user is not None:
        login(request, user, backend=BACKEND)
        return redirect(safe_next(request, started.get("next", "")))
    if not settings.SIGNUP_OPEN and not started.get("invitation_hash"):
        raise SignUpClosedError(
            "nobody here has linked this Steam account, and new accounts need an invitation",
            hint="If you have an account, sign in with your password and link Steam in the settings. "
            "Else ask the owner of this installation for an invitation.",
        )
    request.session[PROVEN] = {
        "steam_id": steam_id,
        "invitation_hash": started.get("invitation_hash", ""),
        "began_s": time.time(),
    }
    return redirect("steam-welcome")


def safe_next(request: HttpRequest, wanted: str) -> str:
    """Where to go after signing in; never away from here."""
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return wanted if is_ours else reverse("match-list")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Somebody new, proven by Steam, chooses a name."""
    proven = cast("dict[str, Any] | None", request.session.get(PROVEN))
    if proven is None or is_over(proven) or request.user.is_authenticated:
        request.session.pop(PROVEN, None)
        return redirect("match-list" if request.user.is_authenticated else "sign-in")
    steam_id: int = proven["steam_id"]
    if request.method != "POST":
        return welcome_page(request, steam_id, UserNameForm(initial={"username": suggested_name(steam_id)}))
    form = UserNameForm(request.POST)
    if not form.is_valid():
        return welcome_page(request, steam_id, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        user = sign_up(
            form.cleaned_data["username"],
            is_open=settings.SIGNUP_OPEN,
            steam_id=steam_id,
            invitation_hash=proven["invitation_hash"],
        )
    except (BadInputError, NotFoundError) as error:
        form.add_error(None, f"{sentence(error.message)} {error.hint}")
        return welcome_page(request, steam_id, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    del request.session[PROVEN]
    login(request, user, backend=BACKEND)
    return redirect("settings-steam")


def welcome_page(
    request: HttpRequest, steam_id: int, form: UserNameForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """The form."""
    return render(request, "offangle/people/steam_welcome.html", {"form": form, "steam_id": steam_id}, status=status)
