"""A writer that writes nothing: for matches of which only the truth is wanted."""

import io
from typing import Any, ClassVar, Self

from offangle_sim.demo.entities import Entity, position_steps
from offangle_sim.demo.match_recorder import MatchSetup
from offangle_sim.demo.writer import DemoWriter


class MuteEntity(Entity):
    """Keeps values and its place, and encodes nothing."""

    __slots__ = ()

    def set(self, name: str, value: Any) -> None:
        """Set one field; whether the class has it is not asked."""
        self.values[name] = value

    def set_list(self, name: str, elements: Any) -> None:
        """Set a vector's length; nobody reads its elements."""
        self.values[name] = len(elements)

    def set_position(self, x: float, y: float, z: float) -> None:
        """Place the entity."""
        self.position_steps = position_steps(x, y, z)


class SilentWriter(DemoWriter):
    """Keeps entities, as every recorder needs them, and forgets everything else."""

    entity_type: ClassVar[type[Entity]] = MuteEntity

    @classmethod
    def of(cls, setup: MatchSetup) -> Self:
        """For a match."""
        roster = [entry.roster_entry() for entry in setup.players]
        return cls(io.BytesIO(), setup.header(), roster, serials=setup.seed)

    def end_tick(self) -> None:
        """The tick is forgotten."""
        self._settle()

    def event(self, name: str, values: Any = None) -> None:
        """Nobody hears it."""

    def message(self, number: int, body: bytes, *, to_clients: bool = True) -> None:
        """Nobody hears it."""
