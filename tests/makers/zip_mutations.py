"""Sound `cs2-demo-format` zips, damaged: junk anywhere in their documents, and damage to the zip itself."""

import copy
import json
import random
import zipfile
from functools import cache
from io import BytesIO
from typing import Any, Final

from makers.interchange_zips import Version, file_name, interchange_documents
from makers.synthetic import make_match

JUNK: Final[tuple[Any, ...]] = (
    None, -1, 0, 3, 3.0, 40_000, 10**12, 10**30, 1.5, -1e300, "x", "", "\ud800", "t", "ct", [], {}, [None], True, "é☃",
    "76561198000000001",
)  # fmt: skip
VERSIONS: Final[tuple[Version, ...]] = ("2.0", "3.0")
BASES: Final = 2


def mutated_zip(rng: random.Random) -> tuple[str, bytes]:
    """What was done, and the zip."""
    documents = copy.deepcopy(_documents(rng.randrange(BASES), rng.choice(VERSIONS)))
    if rng.random() < 0.25:
        return "bytes", _damaged_bytes(rng, _packed(documents))
    places = [_spoil(rng, documents) for _ in range(rng.choice((1, 1, 2, 5)))]
    return "; ".join(places), _packed(documents)


@cache
def _documents(number: int, version: Version) -> dict[str, Any]:
    return interchange_documents(make_match(number, score=(2, 1)), version)


def _packed(documents: dict[str, Any]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, document in documents.items():
            archive.writestr(file_name(name), json.dumps(document))
    return file.getvalue()


def _damaged_bytes(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 8, 64))):
        at = rng.choice((rng.randrange(len(changed)), len(changed) - 1 - rng.randrange(600)))
        changed[at] = rng.randrange(256)
    return bytes(changed[: rng.randrange(len(changed))] if rng.random() < 0.2 else changed)


def _spoil(rng: random.Random, documents: dict[str, Any]) -> str:
    """Put junk into one place; returns where."""
    name = rng.choice([name for name in documents if documents[name]])
    parent, key = _somewhere(rng, documents[name])
    if rng.random() < 0.2 and isinstance(parent, dict):
        del parent[key]
        return f"{name}: {key!r} removed"
    parent[key] = rng.choice(JUNK)
    return f"{name}: {key!r} = {parent[key]!r}"


def _somewhere(rng: random.Random, document: Any) -> tuple[Any, Any]:
    """A container inside `document` and one of its keys."""
    at, key, parent = document, None, document
    while isinstance(at, dict | list) and at and (key is None or rng.random() < 0.85):  # sometimes a whole branch
        parent = at
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
        at = at[key]
    return parent, key
