"""As much of HTTP as posting takes: one connection that is kept open, one request at a time, no redirects."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from offangle.core.errors import BadInputError

PORTS: Final = {"http": 80, "https": 443}
USER_AGENT: Final = "offangle-sim-load"
LONGEST_ANSWER: Final = 1024 * 1024
NO_BODY: Final = frozenset({204, 304})
ADDRESS_HINT: Final = "As http://127.0.0.1:8730/gsi."


class HttpProtocolError(Exception):
    """The other side does not speak HTTP as it should."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where posts go."""

    host: str
    port: int
    path: str
    is_secure: bool

    @classmethod
    def of(cls, url: str) -> Self:
        """Take an address apart.

        Raises:
            BadInputError: It is none that can be posted to.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError as error:
            raise BadInputError(f"{url} is no address: {error}", hint=ADDRESS_HINT) from error
        if parts.scheme not in PORTS or not parts.hostname or parts.username is not None:
            raise BadInputError(f"{url} is no address that can be posted to", hint=ADDRESS_HINT)
        if not all(character.isprintable() and character != " " and character.isascii() for character in url):
            raise BadInputError(f"{url!r} is no address: it holds characters that must be escaped", hint=ADDRESS_HINT)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.hostname, port or PORTS[parts.scheme], path, parts.scheme == "https")

    def tls_context(self) -> ssl.SSLContext | None:
        """What checks certificates; None where there are none."""
        return ssl.create_default_context() if self.is_secure else None

    @property
    def host_header(self) -> str:
        """Host and port as a request names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Connection:
    """A connection that opens itself when it is needed."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None) -> None:
        """To an address; `tls` is its `tls_context`, which connections share."""
        self._address, self._tls = address, tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._head = (
            f"POST {address.path} HTTP/1.1\r\nHost: {address.host_header}\r\nUser-Agent: {USER_AGENT}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode("ascii")

    async def post(self, body: bytes, timeout_s: float) -> int:
        """Post JSON; the status of the answer comes back. After an error the next post opens a new connection.

        Raises:
            TimeoutError: There was no answer in time.
            OSError: The other side cannot be reached or hung up.
            HttpProtocolError: It answered something else than HTTP.
        """
        try:
            async with asyncio.timeout(timeout_s):
                was_open = self._streams is not None
                try:
                    return await self._exchange(body)
                except ConnectionError:
                    if not was_open:
                        raise
                self.close()  # it was idle for too long and the server let go of it: that is no failure
                return await self._exchange(body)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, body: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._address.host, self._address.port, ssl=self._tls)
        reader, writer = self._streams
        writer.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        await writer.drain()
        try:
            status, is_kept = await _answer(reader)
        except (asyncio.LimitOverrunError, ValueError) as error:
            raise HttpProtocolError(str(error)) from error
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the server hung up") from error
        if not is_kept:
            self.close()
        return status


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Status, and whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    version, _, rest = head[0].partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("this is not HTTP")
    status = int(rest[:3])
    headers = {}
    for line in filter(None, head[1:]):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip().lower()
    is_kept = version == "HTTP/1.1" and headers.get("connection") != "close"
    if status in NO_BODY:
        return status, is_kept
    if headers.get("transfer-encoding") == "chunked":
        await _skip_chunks(reader)
    elif "content-length" in headers:
        await _skip(reader, int(headers["content-length"]))
    else:
        is_kept = False
    return status, is_kept


async def _skip_chunks(reader: asyncio.StreamReader) -> None:
    left = LONGEST_ANSWER
    while True:
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        left -= size
        await _skip(reader, size if left >= 0 else -1)
        await reader.readuntil(b"\r\n")
        if not size:
            return


async def _skip(reader: asyncio.StreamReader, size: int) -> None:
    if not 0 <= size <= LONGEST_ANSWER:
        raise ValueError("the answer is too long")
    await reader.readexactly(size)
