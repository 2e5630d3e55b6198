"""What holds for every answer of the pages: who is let in, the security policy, the viewer's time zone, error pages."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from offangle.core.errors import OffangleError
from offangle.db.models import User
from offangle.web.problems import problem_response

logger = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing from elsewhere and nothing inline."""

PERMISSIONS_POLICY: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

OPEN_PREFIXES: Final = ("/api/", "/objects/", "/health")
"""Doors with their own locks: tokens and signed links."""

ZONE_COOKIE: Final = "zone"


class BothWays:
    """A middleware that sees the request before and the answer after, in sync and async handlers alike."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if iscoroutinefunction(self):
            return self._later(request)
        self.before(request)
        return self.after(request, self.get_response(request))  # type: ignore[arg-type] -- sync here, by the test above

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        self.before(request)
        return self.after(request, await self.get_response(request))  # type: ignore[misc] -- async here

    def before(self, request: HttpRequest) -> None:
        """Look at the request."""

    def after(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Look at the answer."""
        return response


class SecurityPolicy(BothWays):
    """Headers that tell the browser to run and load only what is ours."""

    def after(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the headers where the view has not set its own."""
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class PrivateByDefault(BothWays):
    """Pages are one person's: no shared cache keeps them, and the back button asks again."""

    def after(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header where the view has not set its own."""
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class SignInRequired(LoginRequiredMiddleware):
    """Every page needs a signed-in user, except those marked otherwise and the doors with their own locks."""

    def process_view(self, request, view_func, view_args, view_kwargs):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 -- Django's own signature
        """Send the anonymous to the sign-in page."""
        if request.path.startswith(OPEN_PREFIXES):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: object) -> HttpResponseBase:
        """Redirect; a part of a page asks the browser to load the whole sign-in page instead."""
        if request.headers.get("Accept") in ("application/json", "text/event-stream"):
            return HttpResponse("Sign in first.", status=401, content_type="text/plain")
        response = super().handle_no_permission(request, view_func)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": response.headers["Location"]})
        return response


class ViewerTimeZone:
    """Times are shown in the viewer's zone: the one chosen in the settings, else the browser's, else UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
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

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer for our own errors; all others are Django's to report."""
        if not isinstance(exception, OffangleError) or request.path.startswith(OPEN_PREFIXES):
            return None
        return problem_response(request, exception)
