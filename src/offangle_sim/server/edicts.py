"""The numbers by which a server names its entities: an index that is used again, and a serial that then differs."""

from dataclasses import dataclass
from typing import Final

from offangle.core.errors import BadInputError

MAX_ENTITIES: Final = 2047
"""Readers mask handles with 0x7FF: indices stay below."""
FIRST_FREE_ENTITY: Final = 200
"""Below live the map, the rules, teams and players."""
_SERIALS: Final = 1023


@dataclass(frozen=True, slots=True)
class Edict:
    """One entity's name: where it is in the server's list, and which one it is of those that were there."""

    index: int
    serial: int


class Edicts:
    """Hands out names of entities; freed indices first, the longest free before the others."""

    def __init__(self, seed: int | None) -> None:
        """`seed` of the serial numbers, which look random on real servers; None counts them from zero."""
        self._seed = seed
        self._serials: dict[int, int] = {}
        self._free: list[int] = []
        self._next = FIRST_FREE_ENTITY

    def take(self) -> Edict:
        """The name of a new entity.

        Raises:
            BadInputError: All are taken.
        """
        if self._free:
            return self.at(self._free.pop(0))
        self._next += 1
        return self.at(self._next - 1)

    def at(self, index: int) -> Edict:
        """The name of a new entity at a place of its own.

        Raises:
            BadInputError: There is no such place.
        """
        if index >= MAX_ENTITIES:
            raise BadInputError(f"no entity can be made at index {index}: there are {MAX_ENTITIES}")
        return Edict(index, self._serial(index))

    def free(self, index: int) -> None:
        """The entity is gone; its index is used again."""
        if index >= FIRST_FREE_ENTITY:
            self._free.append(index)

    def _serial(self, index: int) -> int:
        """Serials follow from the seed and the index alone."""
        before = self._serials.get(index)
        if before is None:
            seed = self._seed
            serial = 0 if seed is None else (seed * 0x9E3779B1 + index * 0x85EBCA6B + 0x1357) >> 7 & _SERIALS
        else:
            serial = (before + 1) & _SERIALS
        self._serials[index] = serial
        return serial
