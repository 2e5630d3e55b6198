"""The built files of the browser's side, with their content's hash in the address."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.templatetags.static import static

FOLDER: Final = Path(__file__).parent / "static" / "offangle"
HASH_CHARS: Final = 10


def asset_url(name: str) -> str:
    """Address of a built file; it changes when the file does."""
    return f"{static(f'offangle/{name}')}?v={content_hash(name)}"


@cache
def content_hash(name: str) -> str:
    """The first characters of the hash of a built file, which does not change while the process runs."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:HASH_CHARS]
