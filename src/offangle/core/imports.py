"""Leaving out what a short-lived process does not need."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def spared(packages: Iterable[str]) -> Iterator[None]:
    """Let packages look as if they were not installed, unless they are loaded already."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python itself marks such a one
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
