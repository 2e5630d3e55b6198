"""Junk anywhere in a zip is refused as bad input, or does no harm: never another error, never a broken table."""

import copy
import json
import random
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from makers.interchange_zips import Version, file_name, interchange_documents
from makers.synthetic import make_match
from offangle.analysis.run import analyse
from offangle.core.errors import BadInputError
from offangle.frames.collection import check
from offangle.parsing.interchange import read_interchange

JUNK: Final[tuple[Any, ...]] = (
    None,
    -1,
    0,
    3,
    10**12,
    10**30,
    1.5,
    3.0,
    -500,
    40_000,
    2**31 - 1,
    "\0",
    "workshop/1/x",
    -1e300,
    "x",
    "",
    "\ud800",
    "t",
    [],
    {},
    [None],
    True,
)
TRIALS: Final = 80


def somewhere(rng: random.Random, document: Any) -> tuple[Any, Any]:
    """A container inside `document` and one of its keys, at random."""
    at, key = document, None
    parent = document
    while isinstance(at, dict | list) and at and (key is None or rng.random() < 0.85):  # sometimes a whole branch
        parent = at
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
        at = at[key]
    return parent, key


def spoil(rng: random.Random, documents: dict[str, Any]) -> str:
    """Put junk into one place; returns where, for the message."""
    name = rng.choice([name for name in documents if documents[name]])
    parent, key = somewhere(rng, documents[name])
    junk = rng.choice(JUNK)
    if rng.random() < 0.2 and isinstance(parent, dict):
        del parent[key]
        return f"{name}: {key!r} removed"
    parent[key] = junk
    return f"{name}: {key!r} = {junk!r}"


@pytest.mark.parametrize("version", ["2.0", "3.0"])
@pytest.mark.parametrize("seed", range(2))
def test_junk_is_bad_input_or_harmless(seed: int, version: Version, tmp_path: Path) -> None:
    rng = random.Random(seed)  # noqa: S311 -- repeatable junk
    documents = interchange_documents(make_match(seed, score=(1, 0)), version)
    texts = {name: json.dumps(document) for name, document in documents.items()}
    for _ in range(TRIALS):
        spoilt = copy.deepcopy(documents)
        where = spoil(rng, spoilt)
        changed = {name: text for name, text in texts.items() if f"{name}:" != where.split(" ", 1)[0]}
        changed[where.split(":", 1)[0]] = json.dumps(spoilt[where.split(":", 1)[0]])
        with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
            for name, text in changed.items():
                archive.writestr(file_name(name), text)
        try:
            analyse(check(read_interchange(tmp_path / "m.zip")))
        except BadInputError:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {where}") from error
