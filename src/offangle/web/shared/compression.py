"""Answers made smaller on their way out: pages and JSON each time, built files once per process."""

import gzip
import re
from functools import lru_cache
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

LEVEL: Final = 9
"""Of built files, which are compressed once; pages are compressed at the library's own level."""
LEAST_BYTES: Final = 200
"""Below that the frame around it costs what it saves; the library takes the same for pages."""
MOST_KEPT: Final = 64
"""Built files kept compressed in memory; there are fewer."""

_GZIP: Final = re.compile(r"\bgzip\b")
_COMPRESSIBLE: Final = re.compile(r"^(text/|image/svg|application/(json|javascript|manifest))")


class CompressPages(GZipMiddleware):
    """The framework's gzip, for what is whole when it leaves: never for parts of files, streams of events, downloads.

    A stream would reach the browser when the compressor's buffer is full, not when something happens. What an answer
    tells by its length is blurred: CSRF tokens are masked anew in each, and the framework adds up to 100 random bytes.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress `response` where the browser takes it."""
        if response.streaming or response.has_header("Content-Range"):
            return response
        return super().process_response(request, response)


def accepts_gzip(request: HttpRequest) -> bool:
    """Whether whoever asks can unpack it."""
    return _GZIP.search(request.headers.get("Accept-Encoding", "")) is not None


def is_compressible(content_type: str, body: bytes) -> bool:
    """Whether compressing makes it smaller: text of some length; pictures are packed already."""
    return len(body) >= LEAST_BYTES and _COMPRESSIBLE.match(content_type) is not None


@lru_cache(maxsize=MOST_KEPT)
def compressed_once(body: bytes) -> bytes:
    """`body` compressed as far as it goes; kept, because built files are asked for again and again."""
    return gzip.compress(body, compresslevel=LEVEL, mtime=0)
