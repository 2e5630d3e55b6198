"""Posting a form to a server that may be slow, gone or strange."""

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from offangle.core.errors import TransientError

TIMEOUT_S: Final = 10.0
MOST_BYTES: Final = 64 * 1024
CHUNK: Final = 4_096


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Whoever answers must be the one that was asked."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Do not follow."""


_opener: Final = urllib.request.build_opener(_NoRedirect)


def post_form(url: str, body: bytes, *, timeout_s: float = TIMEOUT_S, most_bytes: int = MOST_BYTES) -> bytes:
    """Post an encoded form and return the body of the answer.

    Raises:
        TransientError: No answer in time, one that is no success, or one that is too long.
    """
    host = urlsplit(url).netloc
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Offangle"}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 -- the address is a checked setting
    until_s = time.monotonic() + timeout_s
    try:
        with _opener.open(request, timeout=timeout_s) as response:
            return _read(response, until_s, most_bytes)
    except urllib.error.HTTPError as error:
        with error:
            raise _unreachable(host, f"it answered {error.code}") from error
    except (OSError, HTTPException) as error:
        raise _unreachable(host, str(getattr(error, "reason", error)) or type(error).__name__) from error


def _read(response: Any, until_s: float, most_bytes: int) -> bytes:
    """The body, in parts: a server that sends a byte at a time never runs into a socket's own time limit."""
    body = bytearray()
    while chunk := response.read1(CHUNK):
        body += chunk
        if len(body) > most_bytes:
            raise HTTPException(f"it answered with more than {most_bytes} bytes")
        if time.monotonic() > until_s:
            raise TimeoutError("its answer took too long")
    return bytes(body)


def _unreachable(host: str, why: str) -> TransientError:
    return TransientError(f"{host} could not be asked: {why}", hint="Try again in a minute.")
