"""A player's own recording: only what that client was told of."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from offangle_sim.demo import framing, wire
from offangle_sim.demo.entities import Entity, EntityList
from offangle_sim.demo.framing import FrameFile, Message, packet_body
from offangle_sim.demo.sign_on import NET_TICK, file_info, tables_snapshot, write_sign_on
from offangle_sim.demo.user_commands import full_command
from offangle_sim.demo.writer import DemoWriter, TickView, entities_message, full_packet


class PovWriter:
    """Writes what one client received, beside the server's recording.

    Entities that the client does not see are not sent: they leave, and enter again whole, with the same serial.
    Register with `DemoWriter.observed_by` before the first tick, and call `hide` and `show` between ticks. A tick whose
    packet was lost (`lose_packet`) has the client's commands only. The next packet that arrives brings everything that
    changed since the last one, and the messages, which the game sends again until they arrive.
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
        self._is_lost = False
        self._owes_full_packet = False
        self._missed_fields: dict[int, set[tuple[int, ...]]] = {}
        self._missed_deleted: list[int] = []
        self._missed_messages: list[Message] = []
        write_sign_on(self._frames, self.header, self._schema, self._tables)

    def hide(self, entities: Iterable[Entity]) -> None:
        """The client is no longer told of these."""
        self._hidden.update(entity.index for entity in entities)

    def show(self, entities: Iterable[Entity]) -> None:
        """The client is told of these again."""
        self._hidden.difference_update(entity.index for entity in entities)

    def lose_packet(self) -> None:
        """What the server sends in the next tick never reaches the client."""
        self._is_lost = True

    def write_tick(self, view: TickView) -> None:
        """Write one tick: the client's own commands, then what reached it of what the server sent."""
        self._tick = view.tick
        self._write_commands(view)
        self._missed_messages += (message for message, to_clients in view.messages if to_clients)
        self._owes_full_packet |= view.is_full
        if self._is_lost:
            self._is_lost = False
            self._miss(view)
        else:
            self._write_packet(view)

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

    def _write_packet(self, view: TickView) -> None:
        is_first = not self._known
        messages = [
            *self._missed_messages,
            (NET_TICK, wire.integer(1, view.server_tick)),
            entities_message(self._entities(view), view, is_full=is_first),
        ]
        self._frames.write(framing.PACKET, packet_body(messages), view.tick)
        if self._owes_full_packet:
            seen = [view.entities[index] for index in sorted(self._known)]
            body = full_packet(seen, view, tables_snapshot(self._tables), self._schema.class_bits)
            self._frames.write(framing.FULL_PACKET, body, view.tick)
        self._owes_full_packet = False
        self._missed_fields, self._missed_deleted, self._missed_messages = {}, [], []

    def _miss(self, view: TickView) -> None:
        for index in view.deleted:
            self._hidden.discard(index)
            self._missed_fields.pop(index, None)
        self._missed_deleted += view.deleted
        for index, entity in view.changed.items():
            self._missed_fields.setdefault(index, set()).update(entity.changed)

    def _entities(self, view: TickView) -> EntityList:
        found = EntityList(self._schema.class_bits)
        self._forget(found, view.deleted)
        visible = view.entities.keys() - self._hidden
        for index in sorted(self._known - visible):
            found.leave(index)
        for index in sorted(visible - self._known):
            found.create(view.entities[index])
        changed = view.changed.keys() | self._missed_fields.keys()
        for index in sorted(visible & self._known & changed):
            found.update(self._since_last_packet(view.entities[index]))
        self._known = set(visible)
        return found

    def _since_last_packet(self, entity: Entity) -> Entity:
        """The entity, with all that changed since the last packet that arrived as what changed."""
        missed = self._missed_fields.get(entity.index)
        if missed is None:
            return entity
        whole = Entity(entity.entity_class, entity.index, entity.serial, {})
        paths = missed | entity.changed.keys()
        whole.changed = {path: entity.state[path] for path in paths if path in entity.state}
        return whole

    def _forget(self, found: EntityList, deleted: Sequence[int]) -> None:
        for index in deleted:
            self._hidden.discard(index)
        for index in (*self._missed_deleted, *deleted):
            if index in self._known:
                self._known.discard(index)
                found.delete(index)
