"""Errors as pages: the cause and the remedy."""

import logging
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from offangle.core.errors import (
    BadInputError,
    LimitExceededError,
    NotAllowedError,
    NotFoundError,
    OffangleError,
    TransientError,
)

logger = logging.getLogger(__name__)

STATUSES: Final[tuple[tuple[type[OffangleError], HTTPStatus], ...]] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (LimitExceededError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (BadInputError, HTTPStatus.BAD_REQUEST),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE),
)

TITLES: Final = {
    HTTPStatus.BAD_REQUEST: "That did not make sense",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Not here",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.TOO_MANY_REQUESTS: "Too often",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available right now",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something broke",
}


def status_of(error: OffangleError) -> HTTPStatus:
    """The HTTP status that fits an error."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_response(request: HttpRequest, error: OffangleError) -> HttpResponse:
    """The page of an error that was foreseen."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s %s: %s", request.method, request.path, error.message, exc_info=error)
    return problem_page(request, status, cause=sentence(error.message), remedy=error.hint)


def sentence(text: str) -> str:
    """The message of an error as a sentence for a page."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def problem_page(request: HttpRequest, status: HTTPStatus, *, cause: str, remedy: str) -> HttpResponse:
    """A page with a title for `status`, what happened and what to do."""
    context = {"title": TITLES[status], "status": status.value, "cause": cause, "remedy": remedy}
    return render(request, "offangle/problem.html", context, status=status)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """There is no such page."""
    return problem_page(
        request,
        HTTPStatus.NOT_FOUND,
        cause="There is no page at this address.",
        remedy="Check the address, or go back to the list of matches.",
    )


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The person may not do this."""
    cause = str(exception) or "You may not do this."
    return problem_page(request, HTTPStatus.FORBIDDEN, cause=cause, remedy="Ask the owner of this installation.")


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 -- Django's signature
    """The request was malformed."""
    return problem_page(
        request,
        HTTPStatus.BAD_REQUEST,
        cause="The server could not understand this request.",
        remedy="Go back, reload the page and try again.",
    )


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form does not come from one of our pages, or from one that is too old."""
    return problem_page(
        request,
        HTTPStatus.FORBIDDEN,
        cause=f"This form could not be matched to your session. {reason}",
        remedy="Go back, reload the page and try again. Cookies must be allowed for this site.",
    )


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """An error that nobody foresaw; its traceback is in the log."""
    return problem_page(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        cause="An error inside Offangle stopped this page.",
        remedy="The details are in the log of the web process. `offangle doctor` checks the installation.",
    )
