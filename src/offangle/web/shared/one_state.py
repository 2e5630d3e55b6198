"""Answers that are of one state of the database, although they are made of several queries."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from django.db.models import QuerySet
from django.http import HttpRequest

from offangle.db.queries.snapshot import one_state

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
SAFE_METHODS: Final = ("GET", "HEAD")


def of_one_state(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Make a page, or an API operation, that only reads see one state: a match is analysed again while people read.

    Rows, and the build whose tables belong to them, are those of one publication. What the view hands on is complete:
    a query that is not run yet is run here.
    """

    @wraps(view)
    def run(*arguments: Arguments.args, **keywords: Arguments.kwargs) -> Answer:
        request: Any = arguments[0]
        if not _only_reads(request):
            return view(*arguments, **keywords)
        with one_state():
            answer: Any = view(*arguments, **keywords)
            return cast("Answer", list(answer) if isinstance(answer, QuerySet) else answer)

    return run


def _only_reads(request: HttpRequest) -> bool:
    return request.method in SAFE_METHODS
