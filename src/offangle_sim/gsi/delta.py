"""What a post says of the one before it: `previously` and `added`, as the game writes them."""

from typing import Any, Final

from offangle_sim.gsi.settings import Body

_BLOCKS: Final = ("map", "round", "player")


def claims(before: Body, now: Body) -> Body:
    """`previously` and `added` of a post, in the order in which the game comes upon them; what is empty is left out.

    A block of the first level that vanished is just `true`, one that appeared is not told of at all.
    """
    found: Body = {}
    for name in _BLOCKS:
        old, new = before.get(name), now.get(name)
        if old is None or old is new:
            continue
        if new is None:
            found.setdefault("previously", {})[name] = True
        else:
            _compare(old, new, found, (name,))
    return found


def _compare(before: Body, now: Body, found: Body, path: tuple[str, ...]) -> None:
    for key, old in before.items():
        new = now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            if old is not new:
                _compare(old, new, found, (*path, key))
        elif old != new:
            _put(found, "previously", (*path, key), value=old)
    for key in now:
        if key not in before:
            _put(found, "added", (*path, key), value=True)


def _put(found: Body, kind: str, path: tuple[str, ...], *, value: Any) -> None:
    block = found.setdefault(kind, {})
    for key in path[:-1]:
        block = block.setdefault(key, {})
    block[path[-1]] = value
