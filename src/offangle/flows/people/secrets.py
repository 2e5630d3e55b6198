"""Secrets in links: long and random, so that a plain hash is enough to keep."""

import hashlib
from typing import Final

SECRET_BYTES: Final = 32


def hashed(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode("utf-8", errors="surrogatepass")).hexdigest()
