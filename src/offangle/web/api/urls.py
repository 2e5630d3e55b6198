"""The API's addresses, each of which answers with a problem also where the framework would not."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, re_path
from django.views.decorators.csrf import csrf_exempt

from offangle.web.api.app import api
from offangle.web.shared.api.problems import METHOD, NOT_FOUND, problem

View = Callable[..., HttpResponseBase]
NOWHERE_HINT = "`/api/v1/openapi.json` lists every address."


def with_problems(view: View) -> View:
    """`view`, whose wrong methods and unknown things are problems too."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return nowhere(request)
        if response.status_code != METHOD.status:
            return response
        refused = problem(request, METHOD, f"{request.method} is not known here", hint=f"Use {response['Allow']}.")
        refused["Allow"] = response["Allow"]
        return refused

    return csrf_exempt(answered)  # the API itself asks for the CSRF token, where a session is used


def nowhere(request: HttpRequest, **_parts: Any) -> HttpResponse:
    """The answer at an address that does not exist."""
    return problem(request, NOT_FOUND, "no such address", hint=NOWHERE_HINT)


def _patterns() -> list[URLPattern | URLResolver]:
    found, _, _ = api.urls
    for pattern in found:
        if isinstance(pattern, URLPattern):
            pattern.callback = with_problems(pattern.callback)
    return [*found, re_path(r"^.*$", with_problems(nowhere))]


app_name = "api"
urlpatterns = _patterns()
