"""The tables that say how each class of entity is written: declared here, and carried by the recording itself.

A recording describes its own classes, so none of this comes from the game's files; only the names are the game's,
because readers look fields up by name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

from offangle_sim.demo import bits, wire
from offangle_sim.demo.bits import Chunk
from offangle_sim.demo.field_paths import Path
from offangle_sim.demo.quantized import quantized
from offangle_sim.server.grid import PRECISE_ANGLE_BITS

Encoder: TypeAlias = Callable[[Any], Chunk]

NO_HANDLE: Final = 0xFFFFFF
"""The handle of no entity."""

_SIGNED: Final = frozenset({"int8", "int16", "int32"})
_TEXTS: Final = frozenset({"CUtlString", "CUtlSymbolLarge"})
_FLOATS: Final = frozenset({"float32", "GameTime_t", "CNetworkedQuantizedFloat"})
_TICK_TIMES: Final = frozenset({"m_flSimulationTime", "m_flAnimTime"})
_VECTORS: Final = ("CNetworkUtlVectorBase<", "CUtlVector<")
_FULL_FLOAT_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table.

    Attributes:
        type: The type as the recording spells it; readers infer the field's shape from it.
        name: The variable's name.
        node: Names between the table and the variable, joined by dots.
        encoder: A special encoding: `qangle_precise` or `fixed64`.
        bits: Width of a quantised float; 32 or None for a plain one.
        low: Smallest value of a quantised float.
        high: Largest value of a quantised float.
        flags: Special values of a quantised float.
        table: The table of what the field points to.
        choices: Tables that a polymorphic pointer may point to.
        chosen: Which of `choices` this recording uses, counted from 1.
    """

    type: str
    name: str
    node: str = ""
    encoder: str = ""
    bits: int | None = None
    low: float | None = None
    high: float | None = None
    flags: int | None = None
    table: "Table | None" = None
    choices: "tuple[Table, ...]" = ()
    chosen: int = 0

    @property
    def is_pointer(self) -> bool:
        """Whether the field leads into another table."""
        return self.table is not None

    @property
    def is_vector(self) -> bool:
        """Whether the field is a list: its length at its own path, its elements below."""
        return self.type.startswith(_VECTORS)

    @property
    def array_length(self) -> int:
        """How many elements a fixed array has; 0 for anything else."""
        if not self.type.endswith("]") or self.type.startswith("char"):
            return 0
        return int(self.type.split("[", 1)[1][:-1])

    @property
    def element_type(self) -> str:
        """The type of one element, or of the field itself."""
        if self.is_vector:
            return self.type.split("<", 1)[1].rsplit(">", 1)[0].strip()
        return self.type.split("[", 1)[0] if self.array_length else self.type


@dataclass(frozen=True, slots=True)
class Table:
    """A named list of fields (the game calls it a serializer)."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class BoundField:
    """A field of one class, ready to be written.

    Attributes:
        path: Where it lies in the class.
        encode: Its value to bits.
        default: What readers assume until told otherwise.
        encode_element: One element of a list or array to bits; `encode` for anything else.
    """

    path: Path
    encode: Encoder
    default: Any
    encode_element: Encoder


def encode_bool(value: Any) -> Chunk:
    """One bit."""
    return (1, 1) if value else (0, 1)


def encode_angles(angles: tuple[float, float, float]) -> Chunk:
    """Pitch, yaw and roll: three bits for which are not zero, then 20 bits each, over [-180, 180)."""
    value, width = 0, 3
    for axis, angle in enumerate(angles):
        if angle:
            step = int(((angle + 180.0) % 360.0) * (1 << PRECISE_ANGLE_BITS) / 360.0 + 0.5) & 0xFFFFF
            value |= 1 << axis | step << width
            width += PRECISE_ANGLE_BITS
    return value, width


def _encode_vector(value: Sequence[float]) -> Chunk:
    return bits.join(bits.float32(part) for part in value)


def _encode_fixed64(value: int) -> Chunk:
    return value, 64


def _encode_clip(value: int) -> Chunk:
    return bits.varint(value + 1)  # -1, no clip at all, becomes zero


def _encode_float(field: Field) -> Encoder:
    if field.name in _TICK_TIMES:
        return bits.varint  # whole ticks
    if field.bits and field.bits < _FULL_FLOAT_BITS:
        high = 1.0 if field.high is None else field.high
        return quantized(field.bits, field.low or 0.0, high, field.flags or 0).encode
    return bits.float32


def element_encoder(field: Field) -> Encoder:
    """How one value of the field is written, in the ways that all known readers agree on."""
    kind = field.element_type
    if field.name == "m_iClip1":
        return _encode_clip
    if kind in _FLOATS:
        return _encode_float(field)
    if kind.startswith("char") or kind in _TEXTS:
        return bits.text
    if kind in _SIGNED:
        return bits.signed_varint
    if field.encoder == "fixed64":
        return _encode_fixed64
    return {"bool": encode_bool, "QAngle": encode_angles, "Vector": _encode_vector}.get(kind, bits.varint)


def default_value(field: Field) -> Any:
    """What a field says before anything was written."""
    kind = field.element_type
    if field.is_vector:
        return 0
    if kind.startswith("CHandle<"):
        return NO_HANDLE
    if kind.startswith("char") or kind in _TEXTS:
        return ""
    if kind in {"QAngle", "Vector"}:
        return (0.0, 0.0, 0.0)
    if field.name == "m_iClip1":
        return -1
    return 0


class EntityClass:
    """A class of entities: its table walked once, so that every field is found by name."""

    def __init__(self, number: int, table: Table) -> None:
        self.number = number
        self.name = table.name
        self.baseline: dict[Path, Chunk] = {}
        self._fields: dict[str, BoundField] = {}
        self._walk(table, (), "")

    def field(self, name: str) -> BoundField:
        """The field `name`: in full with dots, or bare where that is clear; `name.3` is an element.

        Raises:
            KeyError: The class has no such field.
        """
        found = self._fields.get(name)
        if found is None:
            base, _, index = name.rpartition(".")
            whole = self._fields[base]
            encode = whole.encode_element
            found = BoundField((*whole.path, int(index)), encode, None, encode)
            self._fields[name] = found
        return found

    @cached_property
    def position(self) -> tuple[tuple[Path, Path], ...]:
        """Where cell and offset of each axis lie.

        Raises:
            KeyError: Such entities are nowhere.
        """
        axes = [(f"CBodyComponent.m_cell{axis}", f"CBodyComponent.m_vec{axis}") for axis in "XYZ"]
        return tuple((self.field(cell).path, self.field(offset).path) for cell, offset in axes)

    def _walk(self, table: Table, path: Path, prefix: str) -> None:
        for at, field in enumerate(table.fields):
            here = (*path, at)
            full = f"{prefix}{field.node}.{field.name}" if field.node else prefix + field.name
            if field.table is None:
                self._bind(field, here, {full: 0, prefix + field.name: 0, field.name: 0})
            else:
                chosen = field.choices[field.chosen - 1] if field.chosen else field.table
                choice = [bits.ubitvar(field.chosen)] if field.choices else []
                self.baseline[here] = bits.join([(1, 1), *choice])
                self._walk(chosen, here, full + ".")

    def _bind(self, field: Field, path: Path, names: Iterable[str]) -> None:
        element, default = element_encoder(field), default_value(field)
        bound = BoundField(path, bits.varint if field.is_vector else element, default, element)
        for name in names:
            self._fields.setdefault(name, bound)
        length = field.array_length
        if not length:
            self.baseline[path] = bound.encode(default)
        for index in range(length):
            self.baseline[*path, index] = element(default)


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables of a recording, and the classes among them.

    Attributes:
        tables: In such an order that a table comes before those that use it.
        classes: By name.
    """

    tables: tuple[Table, ...]
    classes: Mapping[str, EntityClass]

    @property
    def class_bits(self) -> int:
        """How many bits name a class."""
        return len(self.classes).bit_length()


def schema(tables: Sequence[Table], helpers: Iterable[Table]) -> Schema:
    """A schema of `tables`; all but `helpers` are classes of entities."""
    inner = {table.name for table in helpers}
    named = sorted((table for table in tables if table.name not in inner), key=lambda table: table.name)
    return Schema(tuple(tables), {table.name: EntityClass(number, table) for number, table in enumerate(named)})


class _Symbols:
    """Each text once, referred to by number."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


def send_tables_message(found: Schema) -> bytes:
    """The body of the recording's SendTables frame; fields declared alike are written once."""
    symbol = _Symbols()
    fields: dict[bytes, int] = {}
    tables = []
    for table in found.tables:
        body = wire.integer(1, symbol(table.name)) + wire.integer(2, 0)
        for field in table.fields:
            encoded = _field_message(field, symbol)
            body += wire.integer(3, fields.setdefault(encoded, len(fields)))
        tables.append(wire.data(1, body))
    message = b"".join([*tables, *(wire.data(2, text) for text in symbol.texts), *(wire.data(3, f) for f in fields)])
    return wire.data(1, wire.varint_bytes(len(message)) + message)


def _field_message(field: Field, symbol: _Symbols) -> bytes:
    parts = [wire.integer(1, symbol(field.type)), wire.integer(2, symbol(field.name))]
    parts += [wire.integer(3, field.bits)] if field.bits is not None else []
    parts += [wire.float32(4, field.low)] if field.low is not None else []
    parts += [wire.float32(5, field.high)] if field.high is not None else []
    parts += [wire.integer(6, field.flags)] if field.flags is not None else []
    if field.table is not None:
        parts += [wire.integer(7, symbol(field.table.name)), wire.integer(8, 0)]
    parts.append(wire.integer(9, symbol(field.node)))
    parts += [wire.integer(10, symbol(field.encoder))] if field.encoder else []
    parts += [wire.data(11, wire.integer(1, symbol(choice.name)) + wire.integer(2, 0)) for choice in field.choices]
    return b"".join(parts)


def class_info_message(found: Schema) -> bytes:
    """The body of the recording's ClassInfo frame."""
    return b"".join(
        wire.data(1, wire.integer(1, kind.number) + wire.data(2, kind.name) + wire.data(3, ""))
        for kind in found.classes.values()
    )
