"""Live matches: which go on, how one stands, and the stream that says when to look again."""

from functools import partial
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from offangle.core.errors import BadInputError
from offangle.db.models import LiveTrack
from offangle.db.queries.access import visible_match, visible_matches
from offangle.db.queries.live_events import newest_event_id, since
from offangle.web.live.hints import hints_for
from offangle.web.live.page import listed, match_context
from offangle.web.live.stream import live_stream
from offangle.web.shared.house import services_of
from offangle.web.shared.signed_in import signed_in, signed_in_later
from offangle.web.shared.sse import signed_in_viewer, stream_response

LATEST_MATCHES: Final = 5


@require_GET
def live_list(request: HttpRequest) -> HttpResponse:
    """The clients that play now, and the matches they played last."""
    user = signed_in(request)
    cursor = newest_event_id()  # asked first: what happens meanwhile is shown twice rather than never
    ended = visible_matches(user).filter(live_state__in=("finished", "left")).order_by("-played_at")
    context = {"cursor": cursor, "observers": listed(user), "latest": ended[:LATEST_MATCHES]}
    return render(request, "offangle/live/list.html", context)


@require_GET
def live_match(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """One live match as it stands; a match without live data has its ordinary page."""
    user = signed_in(request)
    match = visible_match(user, match_id)
    if match.live_state is None or not LiveTrack.objects.filter(match=match).exists():
        return redirect("match", match_id)
    cursor = newest_event_id()
    context = match_context(services_of(request).store, user, match)
    hints = hints_for(services_of(request).jobs, user, context["observers"]) if user.live_hints else []
    return render(request, "offangle/live/match.html", {"cursor": cursor, "hints": hints, **context})


@require_GET
async def live_events(request: HttpRequest) -> StreamingHttpResponse:
    """What happens in the matches that this person may see, or in `match` alone.

    Raises:
        BadInputError: `match` is no id.
    """
    await signed_in_later(request)
    look = partial(since, match_id=_match_id(request.GET.get("match", "")))
    return stream_response(request, live_stream(signed_in_viewer(request), look))


def _match_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise BadInputError("match is no id of a match", hint="Leave it out to hear of all matches.") from error


@require_POST
def switch_hints(request: HttpRequest) -> HttpResponseRedirect:
    """Show hints from the player's own history on live pages, or stop."""
    user = signed_in(request)
    user.live_hints = request.POST.get("show") == "yes"
    user.save(update_fields=["live_hints"])
    match_id = _match_id(request.POST.get("match", ""))
    return redirect("live-match", match_id) if match_id else redirect("live")
