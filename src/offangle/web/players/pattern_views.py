"""Weapons and economy of a player over all matches, each number with the rounds it rests on."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from offangle.analysis.patterns.registry import EFFECTIVENESS, STATES, TIME
from offangle.analysis.patterns.rounds import ALL
from offangle.core.errors import BadInputError
from offangle.core.maps import map_title
from offangle.core.terms import PLAYER_BUYS
from offangle.db.models import User
from offangle.db.queries.player_figures import counted_rows, player_rows
from offangle.flows.summaries.summary import summary_of
from offangle.web.players.asking import asks_for_summary, parse_steam_id
from offangle.web.players.evidence import Evidence, asked, evidence
from offangle.web.players.patterns import PlayerPatterns, figures_of
from offangle.web.shared import words
from offangle.web.shared.one_state import of_one_state
from offangle.web.shared.signed_in import signed_in

SIDES: Final = ((ALL, "Both sides"), ("t", "T"), ("ct", "CT"))
WEAPON_COLUMNS: Final = (
    ("tier", "Tier"),
    ("rounds_used", "Rounds"),
    ("kills", "Kills"),
    ("kills_per_round", "Kills per round"),
    ("consistency", "Consistency"),
    ("kills_per_1000", "Kills per $1000"),
    ("score", "Score"),
    ("time_share", "Time in hand"),
    ("kill_share", "Kills, share"),
    ("kill_time_ratio", "Kills by time"),
)
STATE_COLUMNS: Final = (
    ("rounds", "Rounds"),
    ("wins", "Won"),
    ("win_rate", "Win rate"),
    ("kills_per_round", "Kills per round"),
    ("deaths", "Deaths"),
    ("investment", "Equipment"),
    ("kills_per_1000", "Kills per $1000"),
)
"""Figure and heading, in the order of the tables."""
TRANSITION_KEYS: Final = ("previous_buy", "previous_outcome", "buy")


def _player(user: User, steam_id: str, tab: str) -> dict[str, Any]:
    """Who it is, and what was worked out of their matches.

    Raises:
        NotFoundError: Nobody that `user` may know of.
    """
    number = parse_steam_id(steam_id)
    latest = counted_rows(player_rows(user, number)).order_by("-match__played_at", "-match__published_at").first()
    return {"player": latest, "steam_id": number, "player_tab": tab, "summary": summary_of(user, number)}


@require_GET
@asks_for_summary
@of_one_state
def weapons(request: HttpRequest, steam_id: str) -> HttpResponse:
    """What each weapon gave, per map and over all maps."""
    context = _player(signed_in(request), steam_id, "weapons")
    document = context["summary"].document
    if document is not None:
        context |= _weapons(request, PlayerPatterns(document))
    return render(request, "offangle/players/weapons.html", context)


def _weapons(request: HttpRequest, patterns: PlayerPatterns) -> dict[str, Any]:
    maps = patterns.map_names()
    map_name = _chosen(request.GET.get("map") or ALL, maps)
    rows = patterns.weapon_rows(map_name)
    weapon = request.GET.get("weapon", "")
    if weapon and weapon not in {row["weapon"] for row in rows}:
        raise BadInputError(f"no rounds with {weapon[:40]!r} here", hint="Choose a weapon of the table.")
    for row in rows:
        row["title"] = words.weapon_title(row["weapon"])
    return {
        "rows": rows,
        "maps": [(name, "All maps" if name == ALL else map_title(name)) for name in maps],
        "map_name": map_name,
        "columns": WEAPON_COLUMNS,
        "figures": figures_of(EFFECTIVENESS) | figures_of(TIME),
        "evidence": _weapon_evidence(patterns, map_name, weapon) if weapon else None,
    }


def _chosen(value: str, known: list[str]) -> str:
    if value not in known:
        raise BadInputError(f"no rounds on {value[:40]!r}", hint=f"One of: {', '.join(known)}.")
    return value


def _weapon_evidence(patterns: PlayerPatterns, map_name: str, weapon: str) -> Evidence:
    where = "" if map_name == ALL else f" on {map_title(map_name)}"
    return evidence(f"Rounds with the {words.weapon_title(weapon)}{where}", patterns.weapon_links(map_name, weapon))


@require_GET
@asks_for_summary
@of_one_state
def economy(request: HttpRequest, steam_id: str) -> HttpResponse:
    """What each buy class won, and which class follows on which outcome."""
    context = _player(signed_in(request), steam_id, "economy")
    side = request.GET.get("side") or ALL
    if side not in dict(SIDES):
        raise BadInputError(f"no side {side[:40]!r}", hint="One of: all, t, ct.")
    context |= {"side": side, "sides": SIDES}
    document = context["summary"].document
    if document is not None:
        patterns = PlayerPatterns(document)
        context |= {
            "states": patterns.states(side),
            "matrix": patterns.transition_matrix(side),
            "buys": PLAYER_BUYS,
            "columns": STATE_COLUMNS,
            "figures": figures_of(STATES),
            "evidence": _economy_evidence(request, patterns, side),
        }
    return render(request, "offangle/players/economy.html", context)


def _economy_evidence(request: HttpRequest, patterns: PlayerPatterns, side: str) -> Evidence | None:
    """The rounds of the transition or of the class that the address names."""
    if wanted := asked(request.GET, *TRANSITION_KEYS):
        words_of = {name: words.PLAYER_BUYS.get(value, value).lower() for name, value in wanted.items()}
        title = f"Rounds with a {words_of['buy']} after a {words_of['previous_outcome']} {words_of['previous_buy']}"
        return evidence(title, patterns.matching({**wanted, "side": side}))
    if wanted := asked(request.GET, "buy"):
        title = f"Rounds with a {words.PLAYER_BUYS.get(wanted['buy'], wanted['buy']).lower()}"
        return evidence(title, patterns.matching({**wanted, "side": side}))
    return None
