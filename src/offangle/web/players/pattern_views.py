"""Weapons and economy of a player over all matches, each number with the rounds it rests on."""

from typing import Any, Final

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from offangle.analysis.patterns.registry import EFFECTIVENESS, STATES, TIME, TRANSITIONS, pattern_table
from offangle.analysis.patterns.rounds import ALL, with_previous
from offangle.core.errors import BadInputError
from offangle.core.maps import map_title
from offangle.core.terms import PLAYER_BUYS
from offangle.db.models import User
from offangle.db.queries.player_figures import counted_rows, player_rows
from offangle.web.players import patterns as player_patterns
from offangle.web.players.evidence import Evidence, asked, evidence, links_of, matching
from offangle.web.players.views import parse_steam_id
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
    """Who it is, and the two tables.

    Raises:
        NotFoundError: Nobody that `user` may know of.
    """
    number = parse_steam_id(steam_id)
    latest = counted_rows(player_rows(user, number)).order_by("-match__played_at", "-match__published_at").first()
    rounds, weapons = player_patterns.player_frames(user, number)
    return {"player": latest, "steam_id": number, "player_tab": tab, "rounds_table": rounds, "weapons_table": weapons}


@require_GET
@of_one_state
def weapons(request: HttpRequest, steam_id: str) -> HttpResponse:
    """What each weapon gave, per map and over all maps."""
    context = _player(signed_in(request), steam_id, "weapons")
    rounds, used = context["rounds_table"], context["weapons_table"]
    maps = player_patterns.map_names(rounds)
    map_name = _chosen(request.GET.get("map") or ALL, maps)
    rows = player_patterns.weapon_rows(rounds, used, map_name)
    weapon = request.GET.get("weapon", "")
    if weapon and weapon not in {row["weapon"] for row in rows}:
        raise BadInputError(f"no rounds with {weapon[:40]!r} here", hint="Choose a weapon of the table.")
    for row in rows:
        row["title"] = words.weapon_title(row["weapon"])
    context |= {
        "rows": rows,
        "maps": [(name, "All maps" if name == ALL else map_title(name)) for name in maps],
        "map_name": map_name,
        "columns": WEAPON_COLUMNS,
        "figures": player_patterns.figures_of(EFFECTIVENESS) | player_patterns.figures_of(TIME),
        "evidence": _weapon_evidence(rounds, used, map_name, weapon) if weapon else None,
    }
    return render(request, "offangle/players/weapons.html", context)


def _chosen(value: str, known: list[str]) -> str:
    if value not in known:
        raise BadInputError(f"no rounds on {value[:40]!r}", hint=f"One of: {', '.join(known)}.")
    return value


def _weapon_evidence(rounds: pl.DataFrame, used: pl.DataFrame, map_name: str, weapon: str) -> Evidence:
    where = "" if map_name == ALL else f" on {map_title(map_name)}"
    title = f"Rounds with the {words.weapon_title(weapon)}{where}"
    return evidence(title, player_patterns.weapon_links(rounds, used, map_name, weapon))


@require_GET
@of_one_state
def economy(request: HttpRequest, steam_id: str) -> HttpResponse:
    """What each buy class won, and which class follows on which outcome."""
    context = _player(signed_in(request), steam_id, "economy")
    rounds, used = context["rounds_table"], context["weapons_table"]
    side = request.GET.get("side") or ALL
    if side not in dict(SIDES):
        raise BadInputError(f"no side {side[:40]!r}", hint="One of: all, t, ct.")
    states = pattern_table(STATES.name, rounds, used).filter(pl.col("side") == side).to_dicts()
    order = {buy: place for place, buy in enumerate(PLAYER_BUYS)}
    transitions = pattern_table(TRANSITIONS.name, rounds, used)
    context |= {
        "states": sorted(states, key=lambda row: order[row["buy"]]),
        "matrix": player_patterns.transition_matrix(transitions, side),
        "buys": PLAYER_BUYS,
        "side": side,
        "sides": SIDES,
        "columns": STATE_COLUMNS,
        "figures": player_patterns.figures_of(STATES),
        "evidence": _economy_evidence(request, rounds, side),
    }
    return render(request, "offangle/players/economy.html", context)


def _economy_evidence(request: HttpRequest, rounds: pl.DataFrame, side: str) -> Evidence | None:
    """The rounds of the transition or of the class that the address names."""
    if wanted := asked(request.GET, *TRANSITION_KEYS):
        found = matching(with_previous(rounds), {**wanted, "side": side})
        words_of = {name: words.PLAYER_BUYS.get(value, value).lower() for name, value in wanted.items()}
        title = f"Rounds with a {words_of['buy']} after a {words_of['previous_outcome']} {words_of['previous_buy']}"
        return evidence(title, links_of(found))
    if wanted := asked(request.GET, "buy"):
        return evidence(
            f"Rounds with a {words.PLAYER_BUYS.get(wanted['buy'], wanted['buy']).lower()}",
            links_of(matching(rounds, {**wanted, "side": side})),
        )
    return None
