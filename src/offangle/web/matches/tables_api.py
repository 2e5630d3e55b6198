"""`/matches/{id}/kills`, `damages`, `economy` and whole tables for download."""

import tempfile
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import polars as pl
import polars.selectors as cs
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from ninja import Path, Query, Router

from offangle.db.models import Match
from offangle.db.queries.access import visible_match
from offangle.flows.recorded.export import LIST_SEPARATOR
from offangle.flows.recorded.tables import MatchTables
from offangle.storage.links import content_disposition
from offangle.storage.objects import ObjectStore
from offangle.web.matches.rows import DamageRow, EconomyRow, KillRow
from offangle.web.matches.schemas import TableLink
from offangle.web.shared.api.auth import user_of
from offangle.web.shared.api.paging import DEFAULT_LIMIT, Cursor, Limit, Page, read_cursor, write_cursor
from offangle.web.shared.downloads import file_pieces, streamed
from offangle.web.shared.house import services_of
from offangle.web.shared.one_state import of_one_state

router = Router(tags=["tables"])
router.add_decorator(of_one_state)
ROUTERS: Final = (("/matches", router),)

LINK_LIFE_S: Final = 300
"""Seconds; a download starts at once, this only has to outlive the redirect. Builds are kept for longer."""
TABLE_PATTERN: Final = r"^[a-z_]{1,40}$"

RoundNumber = Annotated[
    int | None, Query(ge=-1000, le=1000, description="Only this round; negative ones are not counted")
]


def event_list(table: str, page: Any, what: str) -> None:
    """Add `/matches/{id}/<table>`: the rows of a stored table, in order, page by page."""

    def list_rows(
        request: HttpRequest,
        match_id: UUID,
        round_number: RoundNumber = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        match = visible_match(user_of(request), match_id)
        return table_page(services_of(request).store, match, table, round_number, limit=limit, cursor=cursor)

    router.get(
        f"/{{match_id}}/{table}",
        response=page,
        operation_id=f"list_{table}",
        summary=table.capitalize(),
        description=what,
    )(list_rows)


def table_page(
    store: ObjectStore, match: Match, table: str, round_number: int | None, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Rows of a parsed table.

    A table does not change within a build, so a place in it is a row number; the cursor carries the build and is
    refused once the match has been analysed again. A source that does not know such a thing has no rows.
    """
    scope = f"{table}:{match.pk}:{match.build_id}:{round_number}"
    start = 0 if cursor is None else int(read_cursor(scope, cursor)[0])
    frame = MatchTables(store, match).find(table)
    if frame is None:
        return {"items": [], "next_cursor": None}
    if round_number is not None:
        frame = frame.filter(pl.col("round_number") == round_number)
    end = start + limit
    more = write_cursor(scope, [end]) if end < frame.height else None
    return {"items": frame.slice(start, limit).to_dicts(), "next_cursor": more}


event_list("kills", Page[KillRow], "One row per death, also team kills, suicides and deaths by the world or the bomb.")
event_list("damages", Page[DamageRow], "One row per hit, in order.")
event_list("economy", Page[EconomyRow], "Money and equipment per player and round at freeze end.")


@router.get("/{match_id}/tables", response=list[TableLink], summary="Stored tables", operation_id="list_tables")
def list_tables(request: HttpRequest, match_id: UUID) -> list[TableLink]:
    """Every table of the match with where to download it."""
    match = visible_match(user_of(request), match_id)
    base = request.path.rstrip("/")
    return [
        TableLink(
            name=name, kind=kind, parquet_url=f"{base}/{name}?format=parquet", csv_url=f"{base}/{name}?format=csv"
        )
        for name, kind in MatchTables(services_of(request).store, match).kinds.items()
    ]


@router.get(
    "/{match_id}/tables/{name}",
    summary="Download a table",
    operation_id="download_table",
    openapi_extra={
        "responses": {
            200: {
                "description": "The table",
                "content": {
                    "text/csv": {"schema": {"type": "string"}},
                    "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
                },
            },
            302: {"description": "A short-lived link to the parquet file"},
        }
    },
)
def download_table(
    request: HttpRequest,
    match_id: UUID,
    name: Annotated[str, Path(pattern=TABLE_PATTERN)],
    format: Annotated[Literal["parquet", "csv"], Query()] = "parquet",  # noqa: A002 -- the parameter's name in the address
) -> HttpResponseBase:
    """A whole table: parquet by a redirect to a signed link that ends after some minutes, CSV as it is made."""
    match = visible_match(user_of(request), match_id)
    tables = MatchTables(services_of(request).store, match)
    if format == "parquet":
        return HttpResponseRedirect(tables.link(name, expires_s=LINK_LIFE_S))
    filename = tables.file_name(name).replace(".parquet", ".csv")
    return _csv(request, tables.scan(name), f"simulated-{filename}" if match.is_simulated else filename)


def _csv(request: HttpRequest, table: pl.LazyFrame, filename: str) -> HttpResponseBase:
    """The table as CSV, made in a file of its own so that millions of rows never lie in memory."""
    file = tempfile.TemporaryFile(dir=services_of(request).work_dir)  # noqa: SIM115 -- closed, and so deleted, when it is sent
    table.with_columns(cs.list().list.join(LIST_SEPARATOR)).sink_csv(file)
    file.seek(0)
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": content_disposition(filename)}
    return streamed(request, file_pieces(file), headers=headers)
