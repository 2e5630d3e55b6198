"""`/matches/{id}/kills`, `damages`, `economy` and whole tables for download."""

import tempfile
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import polars as pl
import polars.selectors as cs
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from ninja import Path, Query, Router

from offangle.core.errors import NotFoundError
from offangle.db.models import Match
from offangle.db.queries.access import visible_match
from offangle.flows.recorded.export import LIST_SEPARATOR
from offangle.flows.services import services
from offangle.storage.keys import saved_name
from offangle.storage.links import content_disposition
from offangle.storage.tables import DERIVED_PREFIX, FRAMES_PREFIX, read_table, table_key, table_names
from offangle.web.matches.rows import DamageRow, EconomyRow, KillRow
from offangle.web.matches.schemas import TableLink
from offangle.web.shared.api.auth import user_of
from offangle.web.shared.api.paging import DEFAULT_LIMIT, Cursor, Limit, Page, read_cursor, write_cursor
from offangle.web.shared.downloads import file_pieces, streamed

router = Router(tags=["tables"])
ROUTERS: Final = (("/matches", router),)

LINK_LIFE_S: Final = 300
"""Seconds; a download starts at once, this only has to outlive the redirect."""
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
        return table_page(match, table, round_number, limit=limit, cursor=cursor)

    router.get(
        f"/{{match_id}}/{table}",
        response=page,
        operation_id=f"list_{table}",
        summary=table.capitalize(),
        description=what,
    )(list_rows)


def table_page(match: Match, table: str, round_number: int | None, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """Rows of a parsed table.

    A table does not change within a pipeline version, so a place in it is a row number; the cursor carries the version
    and is refused once a newer one has written the table again.
    """
    scope = f"{table}:{match.pk}:{match.pipeline_version}:{round_number}"
    start = 0 if cursor is None else int(read_cursor(scope, cursor)[0])
    frame = stored_table(match, table)
    if round_number is not None:
        frame = frame.filter(pl.col("round_number") == round_number)
    end = start + limit
    more = write_cursor(scope, [end]) if end < frame.height else None
    return {"items": frame.slice(start, limit).to_dicts(), "next_cursor": more}


def stored_table(match: Match, table: str) -> pl.DataFrame:
    """A parsed table of the match; without rows when its source does not know such a thing."""
    try:
        return read_table(services().store, str(match.pk), match.map_name, table)
    except NotFoundError:
        return pl.DataFrame(schema={"round_number": pl.Int16})


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
        for name, kind in tables_of(match).items()
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
    kind = tables_of(match).get(name)
    if kind is None:
        raise NotFoundError(f"this match has no table {name}", hint="The list of tables names those it has.")
    key = table_key(str(match.pk), match.map_name, name, prefix=kind)
    if format == "parquet":
        return HttpResponseRedirect(services().store.link(key, expires_s=LINK_LIFE_S))
    filename = saved_name(key).replace(".parquet", ".csv")
    return _csv(request, key, f"simulated-{filename}" if match.is_simulated else filename)


def _csv(request: HttpRequest, key: str, filename: str) -> HttpResponseBase:
    """The table as CSV, made in a file of its own so that millions of rows never lie in memory."""
    source = services().store.scan_source([key])
    table = pl.scan_parquet(source.uris, glob=False, storage_options=source.storage_options or None)
    file = tempfile.TemporaryFile(dir=services().work_dir)  # noqa: SIM115 -- closed, and so deleted, when it is sent
    table.with_columns(cs.list().list.join(LIST_SEPARATOR)).sink_csv(file)
    file.seek(0)
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": content_disposition(filename)}
    return streamed(request, file_pieces(file), headers=headers)


def tables_of(match: Match) -> dict[str, Literal["frames", "derived"]]:
    """The match's tables by name, with the folder each lies in."""
    store, match_id = services().store, str(match.pk)
    frames = table_names(store, match_id, match.map_name, prefix=FRAMES_PREFIX)
    derived = table_names(store, match_id, match.map_name, prefix=DERIVED_PREFIX)
    return {**dict.fromkeys(frames, "frames"), **dict.fromkeys(derived, "derived")}
