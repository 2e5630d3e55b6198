"""`/players/{steam_id}`: a player over the matches that you may see."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from ninja import Router

from offangle.analysis.registry import PROMOTED
from offangle.db.queries.player_figures import counted_rows, player_figures, player_rows
from offangle.web.matches.api import stats_row
from offangle.web.players.schemas import Player, PlayerAverages, PlayerMatch
from offangle.web.shared.api.auth import user_of
from offangle.web.shared.api.paging import DEFAULT_LIMIT, Cursor, Limit, Page, read_cursor, write_cursor
from offangle.web.shared.api.values import SteamIdInPath
from offangle.web.shared.one_state import of_one_state

router = Router(tags=["players"])
router.add_decorator(of_one_state)
ROUTERS: Final = (("/players", router),)


@router.get("/{steam_id}", response=Player, summary="A player", operation_id="get_player")
def get_player(request: HttpRequest, steam_id: SteamIdInPath) -> Player:
    """Averages over all matches of the player that you may see; real and simulated ones are never added up."""
    rows = counted_rows(player_rows(user_of(request), int(steam_id)))
    figures = player_figures(rows)
    metrics = {name: value for name, value in figures.items() if name not in {"steam_id", "side", "name", "matches"}}
    return Player(
        steam_id=steam_id,
        name=figures["name"],
        is_bot=int(steam_id) <= 0,
        is_simulated=rows.filter(match__is_simulated=True).exists(),
        averages=PlayerAverages(
            matches=figures["matches"],
            **{metric.name: figures[metric.name] for metric in PROMOTED},
            metrics=metrics,
        ),
    )


@router.get(
    "/{steam_id}/matches",
    response=Page[PlayerMatch],
    summary="A player's matches",
    operation_id="list_player_matches",
)
def list_player_matches(
    request: HttpRequest, steam_id: SteamIdInPath, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> dict[str, Any]:
    """The player's figures match by match, newest first."""
    scope = f"player-matches:{int(steam_id)}"
    rows = player_rows(user_of(request), int(steam_id)).annotate(
        sort_time=Coalesce("match__played_at", "match__published_at")
    )
    if cursor is not None:
        sort_time, match_id = read_cursor(scope, cursor)
        place = Q(sort_time=datetime.fromisoformat(sort_time), match_id__lt=UUID(match_id))
        rows = rows.filter(Q(sort_time__lt=datetime.fromisoformat(sort_time)) | place)
    found: list[Any] = list(rows.order_by("-sort_time", "-match_id")[: limit + 1])
    page = found[:limit]
    more = write_cursor(scope, [page[-1].sort_time.isoformat(), str(page[-1].match_id)]) if len(found) > limit else None
    return {"items": [{"match": row.match, "stats": stats_row(row)} for row in page], "next_cursor": more}
