"""Named tables of text keys and bytes: class baselines, and who sits in which slot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from offangle_sim.demo import bits, wire
from offangle_sim.demo.bits import Chunk
from offangle_sim.demo.entities import delta
from offangle_sim.demo.send_tables import Schema

BASELINES: Final = "instancebaseline"
USER_INFO: Final = "userinfo"
_HAS_COMPRESSION_BIT: Final = 1


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """Who may sit in one slot.

    Attributes:
        slot: From 0; the controller's entity is slot + 1.
        name: As the scoreboard shows it.
        steam_id: SteamID64; 0 for a bot.
        is_bot: Played by the server.
    """

    slot: int
    name: str
    steam_id: int
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class StringTable:
    """One table as the recording carries it.

    Attributes:
        name: What readers look it up by.
        entries: Keys and values.
        flags: 1 when each value says whether it is compressed.
    """

    name: str
    entries: tuple[tuple[str, bytes], ...]
    flags: int = 0

    def create_message(self) -> bytes:
        """The message that brings the table at sign-on."""
        return b"".join(
            (
                wire.data(1, self.name),
                wire.integer(2, len(self.entries)),
                *(wire.integer(field, 0) for field in (3, 4, 5)),
                wire.integer(6, self.flags),
                wire.data(7, bits.to_bytes(bits.join(self._chunks()))),
                *(wire.integer(field, 0) for field in (8, 9)),
                wire.integer(10, 1),
            )
        )

    def snapshot(self) -> bytes:
        """The table inside a StringTables frame or full packet."""
        items = b"".join(wire.data(2, wire.data(1, key) + wire.data(2, value)) for key, value in self.entries)
        return wire.data(1, wire.data(1, self.name) + items + wire.integer(4, self.flags))

    def _chunks(self) -> Iterable[Chunk]:
        uncompressed: list[Chunk] = [(0, 1)] if self.flags & _HAS_COMPRESSION_BIT else []
        for key, value in self.entries:
            yield 0b011, 3  # the next index; a key follows; it repeats no earlier one
            yield bits.text(key)
            yield 1, 1
            yield from uncompressed
            yield bits.ubitvar(len(value))
            yield bits.raw(value)


def baseline_table(schema: Schema) -> StringTable:
    """What each class says until told otherwise."""
    entries = tuple((str(kind.number), bits.to_bytes(delta(kind.baseline))) for kind in schema.classes.values())
    return StringTable(BASELINES, entries, _HAS_COMPRESSION_BIT)


def user_info_table(roster: Sequence[RosterEntry]) -> StringTable:
    """Who sits in which slot; readers map the slots in events through it."""
    return StringTable(USER_INFO, tuple((str(entry.slot), _user_info(entry)) for entry in roster))


def _user_info(entry: RosterEntry) -> bytes:
    return b"".join(
        (
            wire.data(1, entry.name),
            wire.fixed64(2, entry.steam_id),
            wire.integer(3, entry.slot),
            wire.fixed64(4, entry.steam_id),
            wire.integer(5, entry.is_bot),
            wire.integer(6, 0),
        )
    )
