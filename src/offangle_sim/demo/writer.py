"""Writes a recording tick by tick: entities, events, messages and user commands, in the order of the game's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

from offangle.core.errors import BadInputError
from offangle_sim.demo import framing, wire
from offangle_sim.demo.class_tables import match_schema
from offangle_sim.demo.entities import Entity, EntityList
from offangle_sim.demo.events import EventValue, event_message
from offangle_sim.demo.framing import Compress, FrameFile, Message, packet_body
from offangle_sim.demo.sign_on import NET_TICK, DemoHeader, file_info, tables_snapshot, write_sign_on
from offangle_sim.demo.string_tables import RosterEntry, baseline_table, user_info_table
from offangle_sim.demo.user_commands import CommandStream
from offangle_sim.net.inputs import UserCommand
from offangle_sim.server.edicts import Edict, Edicts

__all__ = ["DemoHeader", "DemoWriter", "TickView", "TickWriter"]

FULL_PACKET_TICKS: Final = 3840
"""Every minute at 64 ticks/s the recording says everything again, so that readers can start there."""
PACKET_ENTITIES, USER_COMMANDS, SAY_TEXT, EVENT, END_OF_MATCH_PLAYERS, FIRE_BULLETS = 55, 76, 118, 207, 375, 452

SERVER_ONLY_EVENTS: Final = frozenset(
    {"player_footstep", "player_blind", "weapon_reload", "weapon_zoom", "item_pickup", "bullet_impact"}
)
"""What the server's own recording has and a player's does not."""

_PADDING_FIELD: Final = 15


@dataclass(frozen=True, slots=True)
class TickView:
    """One tick as those see it who write it: the server's recording, and players' own.

    Attributes:
        tick: Of the recording.
        server_tick: Of the server.
        entities: All that live, by index.
        changed: Those that are new or changed.
        deleted: Indices of those that are gone.
        messages: In order, each with whether players' own recordings have it.
        commands: User commands by slot.
        is_full: A full packet follows this tick.
    """

    tick: int
    server_tick: int
    entities: Mapping[int, Entity]
    changed: Mapping[int, Entity]
    deleted: Sequence[int]
    messages: Sequence[tuple[Message, bool]]
    commands: Sequence[tuple[UserCommand, int]]
    is_full: bool


class TickWriter(Protocol):
    """Whoever else writes the same match."""

    def write_tick(self, view: TickView) -> None:
        """Write one tick."""

    def close(self) -> None:
        """Finish the recording."""


def entities_message(entities: EntityList, view: TickView, *, is_full: bool) -> Message:
    """The message that says what entities do."""
    count, data = entities.encode()
    delta_from = b"" if is_full else wire.integer(6, view.server_tick - 1)
    body = b"".join(
        (
            wire.integer(1, max(view.entities, default=0) + 1),
            wire.integer(2, count),
            wire.integer(3, not is_full),
            wire.integer(4, 0),
            wire.integer(5, 0),
            delta_from,
            wire.data(7, data),
            wire.integer(12, view.server_tick),
        )
    )
    return PACKET_ENTITIES, body


def full_packet(entities: Iterable[Entity], view: TickView, tables: bytes, class_bits: int) -> bytes:
    """Everything said again, so that readers can start here."""
    everything = EntityList(class_bits)
    for entity in entities:
        everything.create(entity)
    messages = [(NET_TICK, wire.integer(1, view.server_tick)), entities_message(everything, view, is_full=True)]
    return wire.data(1, tables) + wire.data(2, packet_body(messages))


class DemoWriter:
    """Writes one recording, as the server's own observer sees it: everything.

    Use as a context manager; `begin_tick`, then changes and events, then `end_tick`. Memory stays at the entities
    that live; frames go to the file as they are made. The same calls give the same bytes.
    """

    def __init__(
        self,
        target: Path | BinaryIO,
        header: DemoHeader,
        roster: Sequence[RosterEntry],
        *,
        compress: Compress | None = None,
        serials: int | None = None,
        all_deltas: bool = False,
    ) -> None:
        """Open the recording.

        Args:
            target: A path, or a seekable binary file that stays open.
            header: What the recording says about itself.
            roster: Everybody who ever plays.
            compress: Raw Snappy for frames; None leaves them as they are.
            all_deltas: Write every user command as a delta, also those that demoparser2 0.42 cannot follow.
            serials: Seed of the entities' serial numbers, as real servers have them; None counts from zero.
        """
        self.header = header
        self.roster = tuple(roster)
        self.tick = 0
        self.entities: dict[int, Entity] = {}
        file = target.open("wb") if isinstance(target, Path) else target
        self._owned = file if isinstance(target, Path) else None
        self._frames = FrameFile(file, compress)
        self.schema = match_schema(header.mode_rules)
        self.string_tables = self._tables = (baseline_table(self.schema), user_info_table(self.roster))
        self._changed: dict[int, Entity] = {}
        self._deleted: list[int] = []
        self._messages: list[tuple[Message, bool]] = []
        self._commands: list[tuple[UserCommand, int]] = []
        self._command_stream = CommandStream(all_deltas=all_deltas)
        self._edicts = Edicts(serials)
        self._observers: list[TickWriter] = []
        self._is_closed = False
        write_sign_on(self._frames, header, self.schema, self._tables)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        elif self._owned is not None:
            self._owned.close()

    @property
    def server_tick(self) -> int:
        """The tick being written, on the server's clock."""
        return self.header.server_start_tick + self.tick

    @property
    def game_time_s(self) -> float:
        """The game's clock at the tick being written."""
        return self.server_tick / self.header.tick_rate

    @property
    def size_bytes(self) -> int:
        """Of the recording so far."""
        return self._frames.size_bytes

    # --- one tick

    def begin_tick(self, tick: int) -> None:
        """Start tick `tick`; ticks count from 1 without gaps.

        Raises:
            BadInputError: The tick does not follow the last one.
        """
        if tick != self.tick + 1:
            raise BadInputError(f"tick {tick} cannot follow tick {self.tick}: a recording has every tick")
        self.tick = tick

    def create(self, class_name: str, at: int | Edict | None = None, fields: Mapping[str, Any] | None = None) -> Entity:
        """A new entity, at an index, under a name that somebody else gave it, or at the next free index.

        Raises:
            BadInputError: The index is taken, or all are.
        """
        edict = at if isinstance(at, Edict) else self._edicts.take() if at is None else self._edicts.at(at)
        if edict.index in self.entities:
            raise BadInputError(f"no entity can be made at index {edict.index}: it is taken")
        entity = Entity(self.schema.classes[class_name], edict.index, edict.serial, self._changed)
        self.entities[edict.index] = entity
        entity.update(fields or {})
        return entity

    def update(self, entity: Entity, fields: Mapping[str, Any]) -> None:
        """Change fields of an entity."""
        entity.update(fields)

    def delete(self, entity: Entity) -> None:
        """The entity is gone; its index is used again."""
        del self.entities[entity.index]
        entity.pool = {}  # what is still said of it goes nowhere
        self._changed.pop(entity.index, None)
        if not entity.is_new:
            self._deleted.append(entity.index)
        self._edicts.free(entity.index)

    def event(self, name: str, values: Mapping[str, EventValue] | None = None) -> None:
        """A game event.

        Raises:
            KeyError: No such event, or no such key.
        """
        to_clients = name not in SERVER_ONLY_EVENTS
        self.message(EVENT, event_message(name, values or {}, self.server_tick), to_clients=to_clients)

    def message(self, number: int, body: bytes, *, to_clients: bool = True) -> None:
        """Any other network message; players' own recordings have it unless told otherwise."""
        self._messages.append(((number, body), to_clients))

    def chat(self, controller: Entity, name: str, text: str, *, channel: str = "Cstrike_Chat_All") -> None:
        """A line of chat."""
        parts = (wire.integer(1, controller.index), wire.integer(2, 1), wire.data(3, channel), wire.data(4, name))
        self.message(SAY_TEXT, b"".join(parts) + wire.data(5, text))

    def fire_bullets(self, body: bytes) -> None:
        """A bullet as the server traced it (`bullets.fire_bullets_message`)."""
        self.message(FIRE_BULLETS, body)

    def end_of_match(self, players: Sequence[tuple[int, int, str, int]]) -> None:
        """The list of players at the end: slot, SteamID64, name and the game's number of the side."""
        rows = (
            wire.integer(1, slot) + wire.integer(2, steam_id) + wire.data(3, name) + wire.integer(4, side)
            for slot, steam_id, name, side in players
        )
        self.message(END_OF_MATCH_PLAYERS, b"".join(wire.data(1, row) for row in rows))

    def user_command(self, command: UserCommand, pawn: Entity) -> None:
        """What a client sent for this tick; the pawn must be the one that the client plays."""
        self._commands.append((command, pawn.handle))

    def pad(self, data: bytes) -> None:
        """Bulk that no reader looks into, to bring a recording to a real one's size."""
        self.message(USER_COMMANDS, wire.data(1, wire.data(_PADDING_FIELD, data)), to_clients=False)

    def observed_by(self, observer: TickWriter) -> None:
        """Let somebody else write the same ticks: a player's own recording."""
        self._observers.append(observer)

    def end_tick(self) -> None:
        """Write the tick."""
        view = TickView(
            self.tick,
            self.server_tick,
            self.entities,
            self._changed,
            self._deleted,
            self._messages,
            self._commands,
            (self.tick - 1) % FULL_PACKET_TICKS == 0,
        )
        self._frames.write(framing.PACKET, packet_body(self._tick_messages(view)), self.tick)
        for observer in self._observers:
            observer.write_tick(view)
        self._settle()
        if view.is_full:
            snapshot = tables_snapshot(self._tables)
            body = full_packet(self.entities.values(), view, snapshot, self.schema.class_bits)
            self._frames.write(framing.FULL_PACKET, body, self.tick)
            self._command_stream.restart()

    def close(self) -> None:
        """Finish the recording: its last frames, and the file if it was opened here."""
        if self._is_closed:
            return
        self._is_closed = True
        self._frames.finish(file_info(self.tick, self.header.tick_rate, self.tick), self.tick)
        if self._owned is not None:
            self._owned.close()
        for observer in self._observers:
            observer.close()

    # --- inside

    def _tick_messages(self, view: TickView) -> list[Message]:
        commands: list[Message] = []
        if self._commands:
            commands.append((USER_COMMANDS, self._command_stream.message(self._commands, self.server_tick)))
        is_first = self.tick == 1
        return [
            *commands,
            *(message for message, _ in self._messages),
            (NET_TICK, wire.integer(1, self.server_tick)),
            entities_message(self._entity_list(is_first=is_first), view, is_full=is_first),
        ]

    def _entity_list(self, *, is_first: bool) -> EntityList:
        found = EntityList(self.schema.class_bits)
        for entity in self._changed.values():
            if entity.is_new or is_first:
                found.create(entity)
            else:
                found.update(entity)
        for index in self._deleted:
            found.delete(index)
        return found

    def _settle(self) -> None:
        for entity in self._changed.values():
            entity.changed = {}
            entity.is_new = False
        self._changed.clear()
        self._deleted = []
        self._messages = []
        self._commands = []
