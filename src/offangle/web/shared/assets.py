"""The built files of the browser's side, with their content's hash in the address."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.templatetags.static import static

FOLDER: Final = Path(__file__).parent.parent / "static" / "offangle"
HASH_CHARS: Final = 10


def asset_url(name: str) -> str:
    """Address of a built file; it changes when the file does."""
    return f"{static(f'offangle/{name}')}?v={content_hashes()[name]}"


@cache
def content_hashes() -> dict[str, str]:
    """The first characters of the hash of each built file; none of them changes while the process runs."""
    files = (path for path in FOLDER.iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_CHARS] for path in files}
