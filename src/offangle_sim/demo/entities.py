"""Entities while they live: what each of them says now, and what changed since the last tick."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from offangle_sim.demo import bits
from offangle_sim.demo.bits import Chunk
from offangle_sim.demo.field_paths import Path, delta_plan
from offangle_sim.demo.send_tables import EntityClass
from offangle_sim.server.grid import POSITION_STEPS_PER_U, WORLD_EDGE_U, position_of, position_steps

CELL_U: Final = 512
"""Positions are a cell of this size and an offset inside it, in the steps of `server.grid`."""

_HANDLE_INDEX_BITS: Final = 14
_EVENT_INDEX_BITS: Final = 15
_SERIAL_MASK: Final = 1023
_OFFSET_BITS: Final = 15
_STEPS_PER_CELL: Final = CELL_U * POSITION_STEPS_PER_U
_OFFSET_MASK: Final = _STEPS_PER_CELL - 1
_NOWHERE: Final = (-1, -1, -1)
"""No position has these steps, nor lies in their cells."""
_CELL_SHIFT: Final = _STEPS_PER_CELL.bit_length() - 1
_EDGE_STEPS: Final = WORLD_EDGE_U * POSITION_STEPS_PER_U
_CREATE, _LEAVE, _DELETE = 2, 1, 3
_SERIAL_BITS: Final = 17
_SPAWN_GROUP_BITS: Final = 8


class Entity:
    """One entity. Fields are written by name; only what differs from before is recorded."""

    __slots__ = ("changed", "entity_class", "index", "is_new", "pool", "position_steps", "serial", "state", "values")

    def __init__(self, entity_class: EntityClass, index: int, serial: int, pool: "dict[int, Entity]") -> None:
        self.entity_class = entity_class
        self.index = index
        self.serial = serial
        self.state: dict[Path, Chunk] = {}
        self.changed: dict[Path, Chunk] = {}
        self.values: dict[str, Any] = {}
        self.is_new = True
        self.position_steps: tuple[int, int, int] | None = None
        self.pool = pool
        pool[index] = self

    @property
    def handle(self) -> int:
        """The entity as fields of other entities name it."""
        return self.index | (self.serial & _SERIAL_MASK) << _HANDLE_INDEX_BITS

    @property
    def event_handle(self) -> int:
        """The entity as keys of game events name it."""
        return self.index | (self.serial & _SERIAL_MASK) << _EVENT_INDEX_BITS

    def get(self, name: str) -> Any:
        """The value last set under `name`; None when it never was."""
        return self.values.get(name)

    def set(self, name: str, value: Any) -> None:
        """Set one field.

        Raises:
            KeyError: The class has no such field.
        """
        values = self.values
        if name in values and values[name] == value:
            return
        field = self.entity_class.field(name)
        if name not in values and value == field.default:
            values[name] = value
            return
        values[name] = value
        self.write(field.path, field.encode(value))

    def update(self, fields: Mapping[str, Any]) -> None:
        """Set several fields."""
        for name, value in fields.items():
            self.set(name, value)

    def add(self, name: str, amount: int) -> int:
        """Raise a counter; the new value comes back."""
        value = int(self.values.get(name) or 0) + amount
        self.set(name, value)
        return value

    def set_list(self, name: str, elements: Sequence[Any]) -> None:
        """Set a vector: its length and every element; elements past the end are forgotten."""
        length = int(self.values.get(name) or 0)
        self.set(name, len(elements))
        for at, element in enumerate(elements):
            self.set(f"{name}.{at}", element)
        for at in range(len(elements), length):
            gone = f"{name}.{at}"
            path = self.entity_class.field(gone).path
            self.values.pop(gone, None)
            self.state.pop(path, None)
            self.changed.pop(path, None)

    def set_position(self, x: float, y: float, z: float) -> None:
        """Place the entity; the recording keeps steps of 1/32 unit."""
        steps = position_steps(x, y, z)
        before = self.position_steps
        if steps == before:
            return
        self.position_steps = steps
        for (cell, offset), now, was in zip(self.entity_class.position, steps, before or _NOWHERE, strict=True):
            if was == now:
                continue
            if was >> _CELL_SHIFT != now >> _CELL_SHIFT:
                self.write(cell, bits.varint(now >> _CELL_SHIFT))
            self.write(offset, (now & _OFFSET_MASK, _OFFSET_BITS))

    def position(self) -> tuple[float, float, float]:
        """Where the entity is, as a reader will find it."""
        return position_of(self.position_steps or (_EDGE_STEPS, _EDGE_STEPS, _EDGE_STEPS))

    def write(self, path: Path, chunk: Chunk) -> None:
        """Record what one field says now; nobody asks whether that is new."""
        changed = self.changed
        if not changed:
            self.pool[self.index] = self
        self.state[path] = changed[path] = chunk


def delta(values: Mapping[Path, Chunk]) -> Chunk:
    """Paths and values of the fields in `values`."""
    value, width, ordered = delta_plan(tuple(values))
    for path in ordered:
        part, part_width = values[path]
        value |= part << width
        width += part_width
    return value, width


class EntityList:
    """The entries of one PacketEntities message, in order of index."""

    def __init__(self, class_bits: int) -> None:
        self._class_bits = class_bits
        self._entries: dict[int, Chunk] = {}

    def create(self, entity: Entity) -> None:
        """Enter with everything the entity says."""
        head = _CREATE | entity.entity_class.number << 2 | (entity.serial & _SERIAL_MASK) << (2 + self._class_bits)
        width = 2 + self._class_bits + _SERIAL_BITS + _SPAWN_GROUP_BITS
        body, body_width = delta(entity.state)
        self._entries[entity.index] = head | body << width, width + body_width

    def update(self, entity: Entity) -> None:
        """Say what changed."""
        body, width = delta(entity.changed)
        self._entries[entity.index] = body << 2, width + 2

    def leave(self, index: int) -> None:
        """The entity is no longer sent, but lives on."""
        self._entries.setdefault(index, (_LEAVE, 2))

    def delete(self, index: int) -> None:
        """The entity is gone; a new one at the same index replaces the entry."""
        self._entries.setdefault(index, (_DELETE, 2))

    def encode(self) -> tuple[int, bytes]:
        """How many entries, and their bits."""
        value = width = 0
        previous = -1
        for index in sorted(self._entries):
            gap, gap_width = bits.ubitvar(index - previous - 1)
            part, part_width = self._entries[index]
            value |= (gap | part << gap_width) << width
            width += gap_width + part_width
            previous = index
        return len(self._entries), bits.to_bytes((value, width))
