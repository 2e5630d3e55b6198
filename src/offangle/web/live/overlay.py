"""The overlay for streaming software: its addresses, and the page they open without a session."""

from functools import partial
from http import HTTPStatus
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from offangle.core.errors import NotFoundError
from offangle.db.models import User
from offangle.db.queries import overlay_links
from offangle.db.queries.live_events import LiveNews, newest_event_id
from offangle.web.live.page import observer_of
from offangle.web.live.stream import live_stream
from offangle.web.shared.middleware import CONTENT_SECURITY_POLICY
from offangle.web.shared.signed_in import signed_in
from offangle.web.shared.sse import stream_response

OVERLAY_POLICY: Final = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""Streaming software may show it inside pages of its own; there is nothing on it to click."""


@require_GET
def overlay_links_page(request: HttpRequest) -> HttpResponse:
    """The addresses of one's overlays."""
    return _links_page(request)


def _links_page(request: HttpRequest, *, status: HTTPStatus = HTTPStatus.OK, **more: Any) -> HttpResponse:
    user = signed_in(request)
    context = {"links": overlay_links.overlay_links_of(user), "has_steam_account": user.steam_accounts.exists(), **more}
    return render(request, "offangle/live/overlay_links.html", context, status=status)


@require_POST
@never_cache
@sensitive_variables("secret")
def create_link(request: HttpRequest) -> HttpResponse:
    """Make an address and show it, this once."""
    link, secret = overlay_links.create_overlay_link(signed_in(request), request.POST.get("name", ""))
    address = request.build_absolute_uri(reverse("overlay", args=[secret]))
    return _links_page(request, status=HTTPStatus.CREATED, new_link=link, new_address=address)


@require_POST
def revoke_link(request: HttpRequest, link_id: int) -> HttpResponseRedirect:
    """End an address."""
    link = overlay_links.revoke_overlay_link(signed_in(request), link_id)
    messages.success(request, f"The overlay {link.name} was revoked: its address shows nothing any more.")
    return redirect("overlay-links")


@login_not_required
@require_GET
@xframe_options_exempt
@sensitive_variables("secret")
def overlay(request: HttpRequest, secret: str) -> HttpResponse:
    """The owner's live match on a transparent page."""
    try:
        user = overlay_links.overlay_user(secret)
    except NotFoundError:
        return _open(render(request, "offangle/live/overlay.html", {"is_gone": True}, status=HTTPStatus.NOT_FOUND))
    cursor = newest_event_id()
    snapshot = overlay_links.own_snapshot(user)
    observer = observer_of(snapshot) if snapshot is not None else None
    context = {
        "stream": f"{reverse('overlay-events', args=[secret])}?since={cursor}",
        "observer": observer if observer is not None and observer.document["status"] != "menu" else None,
    }
    return _open(render(request, "offangle/live/overlay.html", context))


def _open(response: HttpResponse) -> HttpResponse:
    """Let others frame it, let no cache keep it, and tell nobody its address."""
    response.headers["Content-Security-Policy"] = OVERLAY_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@login_not_required
@require_GET
@sensitive_variables("secret")
async def overlay_events(request: HttpRequest, secret: str) -> HttpResponseBase:
    """When to look again."""
    try:
        await sync_to_async(overlay_links.overlay_user)(secret)
    except NotFoundError:
        # 204 tells the browser not to come again.
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return stream_response(request, live_stream(partial(_viewer, secret), own_news_after))


def _viewer(secret: str) -> User | None:
    """Whose link it is; nobody's once it is revoked."""
    try:
        return overlay_links.overlay_user(secret)
    except NotFoundError:
        return None


def own_news_after(cursor: int, user: User) -> tuple[list[LiveNews], int]:
    """What the owner's clients told."""
    return overlay_links.own_news(user, cursor)
