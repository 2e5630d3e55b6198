"""The list of matches, a match and its tabs, its deletion."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from offangle.core.errors import NotFoundError
from offangle.db.models import Match, PlayerMatchStat, User
from offangle.db.queries.access import may_delete, visible_match, visible_matches
from offangle.db.queries.match_list import MatchFilter, listed_matches
from offangle.flows.recorded.delete import delete_match
from offangle.flows.samples.sample import sample_of
from offangle.web.matches.forms import MatchFilterForm
from offangle.web.matches.tabs.page import MatchPage
from offangle.web.matches.tabs.registry import TABS, TABS_BY_SLUG
from offangle.web.shared.house import services_of
from offangle.web.shared.one_state import of_one_state
from offangle.web.shared.signed_in import signed_in

MATCHES_PER_PAGE: Final = 25


@require_GET
@of_one_state
def match_list(request: HttpRequest) -> HttpResponse:
    """The matches that this person may see, filtered, page by page."""
    user = signed_in(request)
    names = visible_matches(user).order_by("map_name").values_list("map_name", flat=True).distinct()
    form = MatchFilterForm(request.GET or None, map_names=list(names))
    wanted = form.wanted()
    page = Paginator(listed_matches(user, wanted), MATCHES_PER_PAGE).get_page(request.GET.get("page"))
    outcomes = outcomes_of(user, wanted, list(page.object_list))
    context = {
        "form": form,
        "page": page,
        "rows": [(match, outcomes.get(match.pk)) for match in page.object_list],
        "sample": None if page.object_list else sample_of(user),
        "result_needs_player": form.data.get("result") and not form.data.get("player") and not has_accounts(user),
    }
    return render(request, "offangle/matches/list.html", context)


def has_accounts(user: User) -> bool:
    """Whether the user has said which Steam account is theirs."""
    return user.steam_accounts.exists()


def outcomes_of(user: User, wanted: MatchFilter, matches: list[Match]) -> dict[UUID, str]:
    """How each match ended for the player asked for, or for the user; matches that neither played are absent."""
    rows = PlayerMatchStat.objects.filter(match__in=matches, side="all", team__isnull=False)
    if wanted.steam_id is not None:
        rows = rows.filter(steam_account=wanted.steam_id)
    elif wanted.player_name is not None:
        rows = rows.filter(name__icontains=wanted.player_name)
    else:
        rows = rows.filter(steam_account__user=user)
    teams: dict[UUID, set[str]] = {}
    for match_id, team in rows.values_list("match_id", "team"):
        teams.setdefault(match_id, set()).add(team or "")
    return {match.pk: outcome(match, teams[match.pk]) for match in matches if len(teams.get(match.pk, ())) == 1}


def outcome(match: Match, teams: set[str]) -> str:
    """Won, lost or drawn, for the one team in `teams`."""
    if match.score_a == match.score_b:
        return "draw"
    return "win" if ("a" in teams) == (match.score_a > match.score_b) else "loss"


@require_GET
@of_one_state
def match_tab(request: HttpRequest, match_id: UUID, slug: str = "overview", number: int | None = None) -> HttpResponse:  # noqa: ARG001 -- the tab reads the round's number from the address
    """A match with one of its tabs open."""
    user = signed_in(request)
    tab = TABS_BY_SLUG.get(slug)
    if tab is None:
        raise NotFoundError(f"a match has no tab {slug!r}", hint=f"It has {', '.join(TABS_BY_SLUG)}.")
    match = visible_match(user, match_id)
    page = MatchPage(services_of(request).store, match)
    context: dict[str, Any] = {
        "match": match,
        "team_names": page.team_names,
        "halves": page.halves,
        "tabs": TABS,
        "tab": tab,
        "may_delete": may_delete(user, match),
        **tab.build(page, request),
    }
    return render(request, "offangle/matches/match.html", context)


@require_POST
def match_delete(request: HttpRequest, match_id: UUID) -> HttpResponseRedirect:
    """Delete a match, or only this person's link to it while others have it too."""
    user = signed_in(request)
    title = str(visible_match(user, match_id))
    is_gone = delete_match(services_of(request), user, match_id)
    said = "was deleted." if is_gone else "left your list; others who brought it keep it."
    messages.success(request, f"{title} {said}")
    return redirect("match-list")
