"""Real posts, damaged at random, and what the standard library makes of the result: a second opinion on the ingest."""

import json
import random
import string
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 730, 2**31, 2**63, 10**30, 1.5, -0.0, 1e300, "", "x", "730", "CT", "\u0000", "é☃",
    "9" * 40, [], {}, [[]], [1, "a"],
    {"token": "ofg_x"}, {"appid": 730}, "76561198000000002", 76561198000000001,
)  # fmt: skip
MOST_INT_DIGITS = 18
MOST_BODY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Mutation:
    """A damaged post."""

    what: str
    raw: bytes


def mutate(rng: random.Random, post: dict[str, Any]) -> Mutation:
    """Damage one post, in its structure or in its bytes."""
    name = rng.choice(list(MUTATIONS))
    return Mutation(name, MUTATIONS[name](rng, deepcopy(post)))


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document below its root."""
    if not isinstance(value, dict):
        return []
    return [found for key in value for found in [(*path, key), *paths(value[key], (*path, key))]]


def _parent(rng: random.Random, post: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    *way, key = rng.choice(paths(post))
    block = post
    for step in way:
        block = block[step]
    return block, key


def _replace(rng: random.Random, post: dict[str, Any]) -> bytes:
    block, key = _parent(rng, post)
    block[key] = rng.choice(SCALARS)
    return _dump(rng, post)


def _drop(rng: random.Random, post: dict[str, Any]) -> bytes:
    block, key = _parent(rng, post)
    del block[key]
    return _dump(rng, post)


def _rename(rng: random.Random, post: dict[str, Any]) -> bytes:
    block, key = _parent(rng, post)
    block["".join(rng.choices(string.printable, k=rng.randint(0, 12)))] = block.pop(key)
    return _dump(rng, post)


def _wrap(rng: random.Random, post: dict[str, Any]) -> bytes:
    block, key = _parent(rng, post)
    for _ in range(rng.choice((1, 2, 40, 400))):
        block[key] = rng.choice(({"w": block[key]}, [block[key]]))
    return _dump(rng, post)


def _move(rng: random.Random, post: dict[str, Any]) -> bytes:
    (block, key), (other, other_key) = _parent(rng, post), _parent(rng, post)
    block[key] = deepcopy(other[other_key])
    return _dump(rng, post)


def _flip(rng: random.Random, post: dict[str, Any]) -> bytes:
    raw = bytearray(_dump(rng, post))
    for _ in range(rng.randint(1, 4)):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


def _cut(rng: random.Random, post: dict[str, Any]) -> bytes:
    raw = _dump(rng, post)
    begin = rng.randrange(len(raw))
    end = rng.choice((len(raw), min(len(raw), begin + rng.randint(1, 40))))
    return raw[:begin] + raw[end:]


def _repeat(rng: random.Random, post: dict[str, Any]) -> bytes:
    raw = _dump(rng, post)
    begin = rng.randrange(len(raw))
    piece = raw[begin : begin + rng.randint(1, 60)]
    return raw[:begin] + piece * rng.randint(2, 5) + raw[begin + len(piece) :]


def _leave(rng: random.Random, post: dict[str, Any]) -> bytes:
    return _dump(rng, post)


def _dump(rng: random.Random, post: dict[str, Any]) -> bytes:
    return json.dumps(post, indent=rng.choice(("\t", None, 1)), ensure_ascii=rng.random() < 0.5).encode()


MUTATIONS: dict[str, Callable[[random.Random, dict[str, Any]], bytes]] = {
    function.__name__: function for function in (_replace, _drop, _rename, _wrap, _move, _flip, _cut, _repeat, _leave)
}


def expected(raw: bytes, *, steam_ids: dict[str, int]) -> tuple[int, dict[str, Any] | None]:
    """The status that a post deserves, and what is stored of it, by the standard library's reading.

    Args:
        raw: The body.
        steam_ids: The good tokens, each with its Steam account.
    """
    if len(raw) > MOST_BODY_BYTES:
        return 413, None
    try:
        body = json.loads(raw.decode(), parse_constant=_refuse, parse_float=_finite)
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        return 400, None
    provider = body.get("provider") if isinstance(body, dict) else None
    if not isinstance(provider, dict) or not _is(provider.get("appid"), 730) or _account(provider) is None:
        return 400, None
    auth = body.pop("auth", None)
    token = auth.get("token") if isinstance(auth, dict) else None
    for claims in (body.get("previously"), body.get("added")):
        if isinstance(claims, dict):
            claims.pop("auth", None)
    if not isinstance(token, str) or token not in steam_ids:
        return 401, None
    if steam_ids[token] != _account(provider):
        return 403, None
    return (400, None) if token in json.dumps(body, ensure_ascii=False) else (200, body)


def _account(provider: dict[str, Any]) -> int | None:
    given = provider.get("steamid")
    if isinstance(given, str):
        return int(given) if given.isascii() and given.isdigit() and len(given) <= MOST_INT_DIGITS else None
    is_id = isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**63
    return given if is_id else None


def _is(value: Any, number: int) -> bool:
    return not isinstance(value, bool) and (value == number or (isinstance(value, str) and _digits(value) == number))


def _digits(text: str) -> int | None:
    return (
        int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) <= 10 else None
    )


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _refuse(text: str) -> None:
    raise ValueError(text)
