"""Every error of the API as `application/problem+json` (RFC 9457), from one table of kinds."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from offangle.core.errors import (
    BadInputError,
    LimitExceededError,
    NotAllowedError,
    NotFoundError,
    OffangleError,
    TransientError,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
"""Seconds a client should wait when something behind the API does not answer."""


class FieldError(Schema):
    """One value of a request that is not as the schema says."""

    location: list[str] = Field(description="Where: `query`, `path` or `body`, then the name")
    message: str


class Problem(Schema):
    """An error, as RFC 9457 describes it."""

    type: str = Field(
        description="What kind of problem this is; stable, for programs", examples=["urn:offangle:problem:not-found"]
    )
    title: str = Field(description="The kind in words")
    status: int = Field(description="The HTTP status", ge=400, le=599)
    detail: str = Field(description="What happened here")
    hint: str = Field(default="", description="What to do about it; may be empty")
    instance: str = Field(description="The address that was asked, or of what remembers the problem")
    errors: list[FieldError] = Field(default=[], description="Each value refused, for invalid requests")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem."""

    slug: str
    title: str
    status: int


INVALID: Final = Kind("invalid-request", "The request is not as the schema says", 422)
BAD_INPUT: Final = Kind("bad-input", "What was sent cannot be used", 422)
TOO_LARGE: Final = Kind("too-large", "What was sent is larger than is read", 413)
UNAUTHENTICATED: Final = Kind("unauthenticated", "Sign in or send a valid token", 401)
FORBIDDEN: Final = Kind("forbidden", "This is not yours to do", 403)
NOT_FOUND: Final = Kind("not-found", "There is no such thing", 404)
METHOD: Final = Kind("method-not-allowed", "This address does not know that method", 405)
CONFLICT: Final = Kind("conflict", "The thing is not in a state that allows this", 409)
UNAVAILABLE: Final = Kind("unavailable", "Something behind the API does not answer", 503)
INTERNAL: Final = Kind("internal", "Something went wrong inside", 500)
BAD_REQUEST: Final = Kind("bad-request", "The request cannot be read", 400)

OF_STATUS: Final = {
    kind.status: kind
    for kind in (
        BAD_REQUEST,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        METHOD,
        CONFLICT,
        TOO_LARGE,
        INVALID,
        INTERNAL,
        UNAVAILABLE,
    )
}


class ConflictError(OffangleError):
    """The thing is not in a state that allows what was asked; answered with 409."""


OF_ERROR: Final[Sequence[tuple[type[OffangleError], Kind]]] = (
    (NotFoundError, NOT_FOUND),
    (LimitExceededError, TOO_LARGE),
    (BadInputError, BAD_INPUT),
    (TransientError, UNAVAILABLE),
    (ConflictError, CONFLICT),
    (NotAllowedError, FORBIDDEN),
)
"""The first class that fits decides; anything else is internal."""


def problem(
    request: HttpRequest,
    kind: Kind,
    detail: str,
    *,
    hint: str = "",
    errors: Sequence[FieldError] = (),
    instance: str = "",
) -> HttpResponse:
    """The answer for one problem; `instance` is the address of what remembers it, the asked one by default."""
    document = Problem(
        type=f"urn:offangle:problem:{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        hint=hint,
        instance=instance or request.path,
        errors=list(errors),
    )
    response = HttpResponse(document.model_dump_json(), status=kind.status, content_type=MEDIA_TYPE)
    if kind is UNAUTHENTICATED:
        response["WWW-Authenticate"] = 'Bearer realm="offangle"'
    if kind is UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def kind_of(error: OffangleError) -> Kind:
    """The kind of problem that `error` is to a client."""
    return next((kind for error_class, kind in OF_ERROR if isinstance(error, error_class)), INTERNAL)


def install_handlers(api: NinjaAPI) -> None:
    """Let `api` answer every exception with a problem."""
    api.add_exception_handler(OffangleError, _foreseen)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(RequestDataTooBig, _too_big)
    api.add_exception_handler(SuspiciousOperation, _unreadable)
    api.add_exception_handler(MultiPartParserError, _unreadable)
    api.add_exception_handler(UnreadablePostError, _unreadable)
    api.add_exception_handler(Exception, _unforeseen)


def _foreseen(request: HttpRequest, error: Any) -> HttpResponse:
    kind = kind_of(error)
    if kind is INTERNAL:
        logger.error("API %s %s failed", request.method, request.path, exc_info=error)
    return problem(request, kind, error.message, hint=error.hint)


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    errors = [
        FieldError(location=[str(part) for part in found["loc"]], message=str(found["msg"])) for found in error.errors
    ]
    detail = "; ".join(f"{'.'.join(found.location)}: {found.message}" for found in errors)
    return problem(request, INVALID, detail, hint="See the API's schema for what is allowed.", errors=errors)


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    kind = OF_STATUS.get(error.status_code, BAD_REQUEST)
    if kind is UNAUTHENTICATED:
        return problem(
            request,
            kind,
            "no valid token and no signed-in session",
            hint="Send `Authorization: Bearer <token>`; the settings page and `offangle token create` make tokens.",
        )
    return problem(request, kind, str(error))


def _not_found(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(request, NOT_FOUND, "no such address or thing", hint="The schema lists every address.")


def _too_big(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(request, TOO_LARGE, "the request's body is too large for this address")


def _unreadable(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(request, BAD_REQUEST, "the request cannot be read")


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("API %s %s failed", request.method, request.path, exc_info=error)
    return problem(
        request,
        INTERNAL,
        "an error that was not foreseen; the log has the details",
        hint="Please report it with the log.",
    )
