"""Names that follow from a file's content, so that doing a thing twice is doing it once."""

from typing import Final
from uuid import UUID, uuid5

MATCH_NAMESPACE: Final = UUID("6b0f0f1e-6f4e-5b5e-9a7c-3f1d0c5a8730")
"""Any fixed value; it only keeps our ids apart from other people's."""


def match_id_of(sha256: str) -> UUID:
    """The id of the match in the file with this hash: the same however often it is analysed, wherever."""
    return uuid5(MATCH_NAMESPACE, sha256)
