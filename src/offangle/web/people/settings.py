"""What a person can change about themselves, and what there is to know about the installation."""

import platform
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from offangle.db.queries import tokens
from offangle.flows.recorded.version import PIPELINE_VERSION
from offangle.flows.samples.sample import sample_of
from offangle.web.people.forms import TimeZoneForm, TokenForm, password_form
from offangle.web.shared.context import VERSION
from offangle.web.shared.middleware import viewer_zone
from offangle.web.shared.signed_in import signed_in

PARTS: Final = ("awpy", "demoparser2", "polars", "django", "dbos")


@require_GET
def settings_page(request: HttpRequest) -> HttpResponse:
    """All of it."""
    return page(request)


def page(request: HttpRequest, *, status: HTTPStatus = HTTPStatus.OK, **changed: Any) -> HttpResponse:
    """The settings page, with the forms in `changed` in place of fresh ones."""
    user = signed_in(request)
    context = {
        "zone_form": TimeZoneForm(instance=user),
        "password_form": password_form(user),
        "token_form": TokenForm(),
        "tokens": tokens.tokens_of(user).filter(revoked_at=None),
        "steam_accounts": user.steam_accounts.all(),
        "zone": viewer_zone(request),
        "sample_label": "Open your sample match" if sample_of(user) else "Explore a sample match",
        "facts": facts(is_owner=user.is_superuser),
        **changed,
    }
    return render(request, "offangle/people/settings.html", context, status=status)


def facts(*, is_owner: bool) -> list[tuple[str, str]]:
    """Versions for everybody; where the data lies only for the instance's owner."""
    found = [("Offangle", VERSION), ("Pipeline", PIPELINE_VERSION), ("Python", platform.python_version())]
    found += [(name, version(name)) for name in PARTS]
    if is_owner:
        database = settings.DATABASES["default"]
        found += [
            ("Data folder", str(settings.DATA_FOLDER)),
            ("Database", "PostgreSQL" if "postgresql" in database["ENGINE"] else str(database["NAME"])),
        ]
    return found


@require_POST
def change_time_zone(request: HttpRequest) -> HttpResponse:
    """Show times in another zone."""
    form = TimeZoneForm(request.POST, instance=signed_in(request))
    if not form.is_valid():
        return page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, zone_form=form)
    form.save()
    messages.success(request, "Times are shown in your zone.")
    return redirect("settings")


@require_POST
@sensitive_post_parameters()
def change_password(request: HttpRequest) -> HttpResponse:
    """Set a password; other sessions end, this one goes on."""
    form = password_form(signed_in(request), request.POST)
    if not form.is_valid():
        return page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, password_form=form)
    update_session_auth_hash(request, form.save())
    messages.success(request, "Your password was changed. Other sessions were signed out.")
    return redirect("settings")


@require_POST
@never_cache
@sensitive_variables("secret")
def create_token(request: HttpRequest) -> HttpResponse:
    """Make an API token and show its secret, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, token_form=form)
    token, secret = tokens.create_token(signed_in(request), form.cleaned_data["name"])
    return page(request, status=HTTPStatus.CREATED, new_token=token, new_secret=secret)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponseRedirect:
    """End a token."""
    token = tokens.revoke(signed_in(request), token_id)
    messages.success(request, f"The token {token.name} was revoked.")
    return redirect("settings")
