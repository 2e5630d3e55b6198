"""Waiting for the first payload of the game: turns green by itself."""

import hashlib
from collections.abc import Iterable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from offangle.db.models import GsiRefusal
from offangle.db.queries.connections import Connection, connections_of, troubles_of
from offangle.flows.people.gsi_config import FILE_NAME
from offangle.web.connect.words import refusal_text
from offangle.web.shared.signed_in import signed_in


@require_GET
def connect(request: HttpRequest) -> HttpResponse:
    """Each token and whether its game was heard of; the page asks again by itself, and is told only what is new."""
    user = signed_in(request)
    connections = connections_of(user)
    troubles = troubles_of(user, connections)
    seen = fingerprint(connections, troubles)
    if request.headers.get("HX-Request") and request.GET.get("seen") == seen:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    waiting = [each for each in connections if not each.is_connected]
    context = {
        "connections": connections,
        "troubles": [{"refusal": each, "text": refusal_text(each.cause)} for each in troubles],
        "has_waiting": bool(waiting),
        "seen": seen,
        "has_steam_account": user.steam_accounts.exists(),
        "file_name": FILE_NAME,
        "game_address": (settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")) + "/gsi",
    }
    return render(request, "offangle/connect/connect.html", context)


def fingerprint(connections: Iterable[Connection], troubles: Iterable[GsiRefusal]) -> str:
    """Changes whenever the page would look different: times are shown to the minute."""
    shown = [
        (each.token.pk, each.token.generation, each.token.name, each.last_post_at and f"{each.last_post_at:%Y%m%d%H%M}")
        for each in connections
    ]
    refused = [(each.pk, each.cause, each.steam_id, f"{each.at:%Y%m%d%H%M}") for each in troubles]
    return hashlib.sha256(repr((shown, refused)).encode()).hexdigest()[:16]
