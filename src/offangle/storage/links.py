"""Links to stored objects that work for a while and for whoever holds them: Offangle's own, for the local store."""

import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode

from offangle.core.errors import BadInputError, NotFoundError
from offangle.storage.keys import checked_key

MAX_LINK_LIFE_S: Final = 7 * 24 * 3600
"""Seconds; what S3 allows a presigned link, so that both stores promise the same."""
MIN_SIGNING_KEY_BYTES: Final = 16
MAX_FILENAME_LENGTH: Final = 200
FILES_PATH: Final = "/files/"
"""Where the web's file route stands; a link is this and the key."""

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029/\\]")
_NOT_ASCII_WORD: Final = re.compile(r"[^A-Za-z0-9._ ()-]")


class LinkRefusedError(NotFoundError):
    """The link is expired, altered or signed with another key; the web answers 403."""


@dataclass(frozen=True, slots=True)
class VerifiedLink:
    """What a good link asks for.

    Attributes:
        key: The object.
        expires_at: When the link ends, UTC.
        filename: The name to save under, or None to show the object in place.
    """

    key: str
    expires_at: datetime
    filename: str | None


def checked_link_life(expires_s: int) -> int:
    """Return `expires_s` if it lies in 1 … `MAX_LINK_LIFE_S` seconds.

    Raises:
        BadInputError: It does not.
    """
    if 1 <= expires_s <= MAX_LINK_LIFE_S:
        return expires_s
    raise BadInputError(f"A link can live 1 to {MAX_LINK_LIFE_S} seconds, not {expires_s}")


def checked_filename(filename: str) -> str:
    """Return `filename` if it can be offered to a browser as a download's name.

    Raises:
        BadInputError: It is empty, too long or holds slashes or control characters.
    """
    if filename and len(filename) <= MAX_FILENAME_LENGTH and not _CONTROL_CHARACTERS.search(filename):
        return filename
    raise BadInputError(f"Not a file name for a download: {filename[:MAX_FILENAME_LENGTH]!r}")


def content_disposition(filename: str) -> str:
    """The `Content-Disposition` header that makes a browser save under `filename`, in any alphabet.

    Raises:
        BadInputError: See `checked_filename`.
    """
    plain = _NOT_ASCII_WORD.sub("_", checked_filename(filename))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


class LinkSigner:
    """Makes and checks links of the local store: `/files/<key>?expires=…&signature=…`.

    The signature is HMAC-SHA256 over key, end and file name; whoever holds the link may read that one object until
    it expires. Changing the signing key ends all links.

    Args:
        signing_key: Secret of at least `MIN_SIGNING_KEY_BYTES` bytes.
        base_url: What stands before `/files/`, such as `https://cs.example.org`; empty for links within the site.
        now: The clock, seconds since 1970.

    Raises:
        BadInputError: The signing key is too short.
    """

    def __init__(self, signing_key: bytes, base_url: str = "", *, now: Callable[[], float] = time.time) -> None:
        if len(signing_key) < MIN_SIGNING_KEY_BYTES:
            raise BadInputError(f"A link signing key needs at least {MIN_SIGNING_KEY_BYTES} bytes")
        self._signing_key = signing_key
        self._base_url = base_url.rstrip("/")
        self._now = now

    def link(self, key: str, *, expires_s: int, filename: str | None = None) -> str:
        """A link to `key` for `expires_s` seconds; with `filename` a browser saves it under that name.

        Raises:
            BadInputError: Key, life or file name cannot be linked.
        """
        expires = str(int(self._now()) + checked_link_life(expires_s))
        query = {"expires": expires}
        if filename is not None:
            query["filename"] = checked_filename(filename)
        query["signature"] = self._signature(checked_key(key), expires, filename)
        return f"{self._base_url}{FILES_PATH}{quote(key)}?{urlencode(query, quote_via=quote)}"

    def verify(self, key: str, query: Mapping[str, str]) -> VerifiedLink:
        """Check a link that came back: `key` from its path, `query` its decoded parameters.

        Raises:
            LinkRefusedError: The link is altered, of another signing key, or expired.
        """
        expires, filename = query.get("expires", ""), query.get("filename")
        expected = self._signature(key, expires, filename)
        if not hmac.compare_digest(expected.encode(), query.get("signature", "").encode()):
            raise LinkRefusedError("This link is not valid", hint="Open the page again to get a new link.")
        if self._now() > int(expires):
            raise LinkRefusedError("This link has expired", hint="Open the page again to get a new link.")
        return VerifiedLink(key, datetime.fromtimestamp(int(expires), UTC), filename)

    def _signature(self, key: str, expires: str, filename: str | None) -> str:
        # No part may hold a line break when signed, so no two links share one text.
        text = "\n".join(["offangle-link-1", key, expires, "" if filename is None else f"={filename}"])
        return hmac.new(self._signing_key, text.encode(), "sha256").hexdigest()
