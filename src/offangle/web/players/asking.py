"""Asking for what a player's pages rest on, before the page reads: a page that reads writes nothing."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from offangle.core.errors import NotFoundError
from offangle.flows.summaries.summary import ask_summary
from offangle.web.shared.house import services_of
from offangle.web.shared.signed_in import signed_in

PlayerView = Callable[[HttpRequest, str], HttpResponse]


def asks_for_summary(view: PlayerView) -> PlayerView:
    """Have the summary of the player worked out, unless that has been done; then answer."""

    @wraps(view)
    def run(request: HttpRequest, steam_id: str) -> HttpResponse:
        ask_summary(services_of(request).jobs, signed_in(request), parse_steam_id(steam_id))
        return view(request, steam_id)

    return run


def parse_steam_id(text: str) -> int:
    """A SteamID from the address.

    Raises:
        NotFoundError: It is none.
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):  # noqa: PLR2004 -- what 64 bits hold
        raise NotFoundError("no such player", hint="A SteamID64 has 17 digits.")
    return int(text)
