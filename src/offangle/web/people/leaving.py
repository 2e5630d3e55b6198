"""Pages with a button that leads to Steam: the browser must be told that this is meant."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase

from offangle.flows.people.steam_openid import origin_of
from offangle.web.shared.middleware import CONTENT_SECURITY_POLICY

View = Callable[..., HttpResponseBase]


def leads_to_steam(view: View) -> View:
    """Let forms of this page end at Steam: browsers hold the policy against redirects of a form too."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        steam = origin_of(settings.STEAM_OPENID_URL)
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {steam}")
        response.headers["Content-Security-Policy"] = policy
        return response

    return answer
