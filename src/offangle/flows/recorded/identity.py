"""Names that follow from a file's content, so that doing a thing twice is doing it once."""

from typing import Final
from uuid import UUID, uuid5

from offangle.flows.recorded.version import PIPELINE_VERSION

MATCH_NAMESPACE: Final = UUID("6b0f0f1e-6f4e-5b5e-9a7c-3f1d0c5a8730")
"""Any fixed value; it only keeps our ids apart from other people's."""

PARSED_PREFIX: Final = "parsed"
"""Tables between the parser and their final place; gone once the match is published."""


def match_id_of(sha256: str) -> UUID:
    """The id of the match in the file with this hash: the same however often it is analysed, wherever."""
    return uuid5(MATCH_NAMESPACE, sha256)


def parsed_prefix(sha256: str) -> str:
    """Where the parsed tables of a file wait, of every pipeline version."""
    return f"{PARSED_PREFIX}/{sha256}"


def parsed_key(sha256: str, name: str) -> str:
    """Where this version of the pipeline keeps one of them."""
    return f"{parsed_prefix(sha256)}/{PIPELINE_VERSION}/{name}"
