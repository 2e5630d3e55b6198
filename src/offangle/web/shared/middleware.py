"""What holds for every answer of the pages: who is let in, the security policy, the viewer's time zone, error pages."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from offangle.core.errors import OffangleError
from offangle.db.models import User
from offangle.web.shared.problems import problem_response

Handler = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponseBase]

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere and nothing inline."""

PERMISSIONS_POLICY: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

OPEN_PREFIXES: Final = ("/api/", "/files/", "/health")
"""Doors with their own locks: tokens and signed links."""

ZONE_COOKIE: Final = "zone"


class SecurityPolicy(MiddlewareMixin):
    """Headers that tell the browser to run and load only what is ours."""

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the headers where the view has not set its own."""
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class PrivateByDefault(MiddlewareMixin):
    """Pages are one person's: no shared cache keeps them, and the back button asks again."""

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header where the view has not set its own."""
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class SignInRequired(LoginRequiredMiddleware):
    """Every page needs a signed-in user, except those marked otherwise and the doors with their own locks."""

    def process_view(
        self, request: HttpRequest, view_func: View, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Send the anonymous to the sign-in page."""
        if request.path.startswith(OPEN_PREFIXES):
            return None
        response = super().process_view(request, view_func, view_args, view_kwargs)
        return None if response is None else for_parts(request, response)


def for_parts(request: HttpRequest, redirect: HttpResponseBase) -> HttpResponseBase:
    """The redirect to the sign-in page as scripts understand it: a part of a page loads the whole page instead."""
    if request.headers.get("Accept") in ("application/json", "text/event-stream"):
        return HttpResponse("Sign in first.", status=HTTPStatus.UNAUTHORIZED, content_type="text/plain")
    if request.headers.get("HX-Request"):
        return HttpResponse(
            status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": redirect.headers.get("Location", "/")}
        )
    return redirect


class ViewerTimeZone:
    """Times are shown in the viewer's zone: the one chosen in the settings, else the browser's, else UTC."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer inside the zone."""
        with timezone.override(viewer_zone(request)):
            return self.get_response(request)


def viewer_zone(request: HttpRequest) -> ZoneInfo:
    """The zone to show times in."""
    chosen = request.user.time_zone if isinstance(request.user, User) else ""
    for name in (chosen, request.COOKIES.get(ZONE_COOKIE, "")):
        if zone := known_zone(name):
            return zone
    return ZoneInfo("UTC")


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of this IANA name, or None."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A cookie says what it likes: absolute paths, names of folders, anything.
        return None


class ProblemPages:
    """Errors that Offangle foresaw become pages that say what happened and what to do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as ever."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer for our own errors; all others are Django's to report."""
        if not isinstance(exception, OffangleError) or request.path.startswith(OPEN_PREFIXES):
            return None
        return problem_response(request, exception)
