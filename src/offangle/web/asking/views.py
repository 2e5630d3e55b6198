"""The SQL explorer: a question, its rows, and the same as CSV."""

import csv
import io
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from offangle.db.queries.explorer import MOST_MATCHES, TABLES
from offangle.flows.asking.sql_explorer import MOST_ROWS, MOST_SQL_CHARS, TIME_LIMIT_S, QueryError, Result, run_query
from offangle.web.asking.examples import EXAMPLES
from offangle.web.shared.house import services_of
from offangle.web.shared.problems import sentence
from offangle.web.shared.signed_in import signed_in

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a text that begins so; names of players are strangers' text."""


@require_GET
def explorer(request: HttpRequest) -> HttpResponse:
    """The form; with a question in the address also its answer."""
    user = signed_in(request)
    sql = request.GET.get("query", "").strip()
    context: dict[str, Any] = {
        "sql": sql,
        "tables": TABLES,
        "examples": EXAMPLES,
        "most_rows": MOST_ROWS,
        "most_matches": MOST_MATCHES,
        "most_chars": MOST_SQL_CHARS,
        "time_limit_s": TIME_LIMIT_S,
    }
    if not sql:
        return render(request, "offangle/asking/sql.html", context)
    try:
        result = run_query(services_of(request).store, user, sql)
    except QueryError as error:
        context |= {"error": sentence(error.message), **_place(sql, error.position)}
        return render(request, "offangle/asking/sql.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.GET.get("format") == "csv":
        return _csv(result)
    return render(request, "offangle/asking/sql.html", {**context, "result": result, "rows": linked(result)})


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, and the page that it leads to."""

    value: Any
    url: str = ""


def linked(result: Result) -> list[list[Cell]]:
    """The rows; a column `match_id` leads to the match, and to the round where `round_number` stands beside it."""
    return [
        [Cell(value, _address(name, row)) for name, value in zip(result.columns, values, strict=True)]
        for values in result.rows
        for row in [dict(zip(result.columns, values, strict=True))]
    ]


def _address(column: str, row: dict[str, Any]) -> str:
    if column != "match_id" or not isinstance(row[column], str):
        return ""
    try:
        match_id = UUID(row[column])
    except ValueError:
        return ""
    number = row.get("round_number")
    if isinstance(number, int) and number > 0:
        return reverse("match-round", args=[match_id, number])
    return reverse("match", args=[match_id])


def _place(sql: str, position: int | None) -> dict[str, Any]:
    """Line and column from 1, and the line with what comes before and after the place."""
    if position is None:
        return {}
    line = sql.count("\n", 0, position) + 1
    start = sql.rfind("\n", 0, position) + 1
    end = sql.find("\n", position)
    end = len(sql) if end < 0 else end
    return {"line": line, "column": position - start + 1, "before": sql[start:position], "after": sql[position:end]}


def _csv(result: Result) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_harmless(name) for name in result.columns])
    writer.writerows([_harmless(value) for value in row] for row in result.rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="offangle-query.csv"'
    return response


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run, made plain; a negative number stays one."""
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS):
        return value
    return value if value[1:].isdigit() else f"'{value}"
