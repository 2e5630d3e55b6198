"""A player's own recording: only what that client was told of."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from offangle.sim.demo import framing, wire
from offangle.sim.demo.entities import Entity, EntityList
from offangle.sim.demo.framing import FrameFile, packet_body
from offangle.sim.demo.sign_on import NET_TICK, file_info, tables_snapshot, write_sign_on
from offangle.sim.demo.user_commands import full_command
from offangle.sim.demo.writer import DemoWriter, TickView, entities_message, full_packet


class PovWriter:
    """Writes what one client received, beside the server's recording.

    Entities that the client does not see are not sent: they leave, and enter again whole, with the same serial.
    Register with `DemoWriter.observed_by` before the first tick, and call `hide` and `show` between ticks.
    """

    def __init__(self, target: Path | BinaryIO, source: DemoWriter, slot: int) -> None:
        """Open the recording of the player in `slot`.

        Raises:
            StopIteration: Nobody has that slot.
        """
        name = next(entry.name for entry in source.roster if entry.slot == slot)
        self.header = replace(source.header, client_name=name, recorder_slot=slot)
        self._slot = slot
        self._schema, self._tables = source.schema, source.string_tables
        file = target.open("wb") if isinstance(target, Path) else target
        self._owned = file if isinstance(target, Path) else None
        self._frames = FrameFile(file)
        self._known: set[int] = set()
        self._hidden: set[int] = set()
        self._tick = 0
        write_sign_on(self._frames, self.header, self._schema, self._tables)

    def hide(self, entities: Iterable[Entity]) -> None:
        """The client is no longer told of these."""
        self._hidden.update(entity.index for entity in entities)

    def show(self, entities: Iterable[Entity]) -> None:
        """The client is told of these again."""
        self._hidden.difference_update(entity.index for entity in entities)

    def write_tick(self, view: TickView) -> None:
        """Write one tick: the client's own commands, then what the server sent it."""
        self._tick = view.tick
        self._write_commands(view)
        is_first = not self._known
        messages = [
            *(message for message, to_clients in view.messages if to_clients),
            (NET_TICK, wire.integer(1, view.server_tick)),
            entities_message(self._entities(view), view, is_full=is_first),
        ]
        self._frames.write(framing.PACKET, packet_body(messages), view.tick)
        if view.is_full:
            seen = [view.entities[index] for index in sorted(self._known)]
            body = full_packet(seen, view, tables_snapshot(self._tables), self._schema.class_bits)
            self._frames.write(framing.FULL_PACKET, body, view.tick)

    def close(self) -> None:
        """Finish the recording."""
        self._frames.finish(file_info(self._tick, self.header.tick_rate, self._tick), self._tick)
        if self._owned is not None:
            self._owned.close()

    def _write_commands(self, view: TickView) -> None:
        for command, pawn in view.commands:
            if command.slot == self._slot:
                body = wire.integer(1, command.number) + wire.data(2, full_command(command, pawn))
                self._frames.write(framing.USER_COMMAND, body, view.tick)

    def _entities(self, view: TickView) -> EntityList:
        found = EntityList(self._schema.class_bits)
        self._forget(found, view.deleted)
        visible = view.entities.keys() - self._hidden
        for index in sorted(self._known - visible):
            found.leave(index)
        for index in sorted(visible - self._known):
            found.create(view.entities[index])
        for index in sorted(visible & self._known & view.changed.keys()):
            found.update(view.entities[index])
        self._known = set(visible)
        return found

    def _forget(self, found: EntityList, deleted: Sequence[int]) -> None:
        for index in deleted:
            self._hidden.discard(index)
            if index in self._known:
                self._known.discard(index)
                found.delete(index)
