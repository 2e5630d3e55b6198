"""Posting a form to a server that may be slow, gone or strange."""

import time
from typing import Final
from urllib.parse import urlsplit

import httpx

from offangle.core.errors import TransientError

TIMEOUT_S: Final = 10.0
MOST_BYTES: Final = 64 * 1024
HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Offangle"}


def post_form(url: str, body: bytes, *, timeout_s: float = TIMEOUT_S, most_bytes: int = MOST_BYTES) -> bytes:
    """Post an encoded form and return the body of the answer; redirects are not followed.

    Raises:
        TransientError: No answer in time, one that is no success, or one that is too long.
    """
    host, until_s = urlsplit(url).netloc, time.monotonic() + timeout_s
    try:
        with httpx.stream("POST", url, content=body, headers=HEADERS, timeout=timeout_s) as response:
            if not response.is_success:
                raise _unreachable(host, f"it answered {response.status_code}")
            return _read(response, host, until_s, most_bytes)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unreachable(host, str(error) or type(error).__name__) from error


def _read(response: httpx.Response, host: str, until_s: float, most_bytes: int) -> bytes:
    """The body, in parts: a server that sends a byte at a time never runs into the library's time limit of one read."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most_bytes:
            raise _unreachable(host, f"it answered with more than {most_bytes} bytes")
        if time.monotonic() > until_s:
            raise _unreachable(host, "its answer took too long")
    return bytes(body)


def _unreachable(host: str, why: str) -> TransientError:
    return TransientError(f"{host} could not be asked: {why}", hint="Try again in a minute.")
