"""Writes a recording tick by tick: entities, events, messages and user commands, in the order of the game's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from offangle.core.errors import BadInputError
from offangle.sim.demo import framing, wire
from offangle.sim.demo.class_tables import GameModeRules, match_schema
from offangle.sim.demo.entities import MAX_ENTITIES, Entity, EntityList
from offangle.sim.demo.events import EventValue, event_list_message, event_message
from offangle.sim.demo.framing import Compress, FrameFile, Message, packet_body
from offangle.sim.demo.send_tables import class_info_message, send_tables_message
from offangle.sim.demo.string_tables import RosterEntry, baseline_table, user_info_table
from offangle.sim.demo.user_commands import CommandStream, UserCommand

FULL_PACKET_TICKS: Final = 3840
"""Every minute at 64 ticks/s the recording says everything again, so that readers can start there."""
FIRST_FREE_ENTITY: Final = 200
"""Below live the map, the rules, teams and players."""

NET_TICK, SET_CONVARS, SIGNON_STATE, SERVER_INFO, CLASS_INFO, CREATE_STRING_TABLE = 4, 6, 7, 40, 42, 44
CLEAR_STRING_TABLES, PACKET_ENTITIES, USER_COMMANDS, SAY_TEXT, EVENT_LIST, EVENT = 51, 55, 76, 118, 205, 207
END_OF_MATCH_PLAYERS, FIRE_BULLETS = 375, 452

_PROTOCOL_GUID: Final = "8e9d71ab-04a1-4c01-bb61-acfede27c046"
_SERIALS: Final = 1023
_GOTV_SLOT: Final = 63


@dataclass(frozen=True, slots=True)
class DemoHeader:
    """What the recording says about itself.

    Attributes:
        map_name: Such as `de_mirage`.
        server_name: As the server calls itself.
        client_name: Who recorded.
        tick_rate: Ticks per second.
        build_number: The game's build.
        server_start_tick: The server's tick at demo tick 0.
        mode_rules: Rules of a special mode, or none.
        convars: Console variables that readers are told.
    """

    map_name: str
    server_name: str
    client_name: str = "SourceTV Demo"
    tick_rate: int = 64
    build_number: int = 14160
    server_start_tick: int = 1000
    mode_rules: GameModeRules = "none"
    convars: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Pov:
    """A client's own recording: its file, and what that client has been told of."""

    frames: FrameFile
    slot: int
    known: set[int]
    visible: set[int]


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
        self._schema = match_schema(header.mode_rules)
        self._tables = (baseline_table(self._schema), user_info_table(self.roster))
        self._changed: dict[int, Entity] = {}
        self._deleted: list[int] = []
        self._messages: list[Message] = []
        self._commands: list[tuple[UserCommand, int]] = []
        self._command_stream = CommandStream(all_deltas=all_deltas)
        self._serials: dict[int, int] = {}
        self._serial_seed = serials
        self._free: list[int] = []
        self._next_free = FIRST_FREE_ENTITY
        self._frames_written = 0
        self._is_closed = False
        self._sign_on()

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

    # --- one tick

    def begin_tick(self, tick: int) -> None:
        """Start tick `tick`; ticks count from 1 without gaps.

        Raises:
            BadInputError: The tick does not follow the last one.
        """
        if tick != self.tick + 1:
            raise BadInputError(f"tick {tick} cannot follow tick {self.tick}: a recording has every tick")
        self.tick = tick

    def create(self, class_name: str, index: int | None = None, fields: Mapping[str, Any] | None = None) -> Entity:
        """A new entity, at `index` or the next free one.

        Raises:
            BadInputError: The index is taken, or all are.
        """
        at = self._free_index() if index is None else index
        if at in self.entities or at >= MAX_ENTITIES:
            raise BadInputError(f"no entity can be made at index {at}: it is taken or past {MAX_ENTITIES}")
        entity = Entity(self._schema.classes[class_name], at, self._serial(at), self._changed)
        self.entities[at] = entity
        entity.update(fields or {})
        return entity

    def detached(self, class_name: str) -> Entity:
        """An entity that is in no recording: it keeps values for one that is not there yet."""
        return Entity(self._schema.classes[class_name], 0, 0, {})

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
        if entity.index >= FIRST_FREE_ENTITY:
            self._free.append(entity.index)

    def event(self, name: str, values: Mapping[str, EventValue] | None = None) -> None:
        """A game event.

        Raises:
            KeyError: No such event, or no such key.
        """
        self.message(EVENT, event_message(name, values or {}, self.server_tick))

    def message(self, number: int, body: bytes) -> None:
        """Any other network message."""
        self._messages.append((number, body))

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

    def end_tick(self) -> None:
        """Write the tick."""
        self._frames_written += 1
        is_first = self.tick == 1
        messages = self._tick_messages(is_first=is_first)
        self._frames.write(framing.PACKET, packet_body(messages), self.tick)
        self._settle()
        if (self.tick - 1) % FULL_PACKET_TICKS == 0:
            self._write_full_packet()

    def close(self) -> None:
        """Finish the recording: its last frames, and the file if it was opened here."""
        if self._is_closed:
            return
        self._is_closed = True
        seconds = self.tick / self.header.tick_rate
        info = wire.float32(1, seconds) + wire.integer(2, self.tick) + wire.integer(3, self._frames_written)
        self._frames.finish(info, self.tick)
        if self._owned is not None:
            self._owned.close()

    # --- inside

    def _tick_messages(self, *, is_first: bool) -> list[Message]:
        commands: list[Message] = []
        if self._commands:
            commands.append((USER_COMMANDS, self._command_stream.message(self._commands, self.server_tick)))
        return [
            *commands,
            *self._messages,
            (NET_TICK, wire.integer(1, self.server_tick)),
            (PACKET_ENTITIES, self._entities_message(self._entity_list(is_first=is_first), is_full=is_first)),
        ]

    def _entity_list(self, *, is_first: bool) -> EntityList:
        found = EntityList(self._schema.class_bits)
        for entity in self._changed.values():
            if entity.is_new or is_first:
                found.create(entity)
            else:
                found.update(entity)
        for index in self._deleted:
            found.delete(index)
        return found

    def _entities_message(self, entities: EntityList, *, is_full: bool) -> bytes:
        count, data = entities.encode()
        delta_from = b"" if is_full else wire.integer(6, self.server_tick - 1)
        return b"".join(
            (
                wire.integer(1, max(self.entities, default=0) + 1),
                wire.integer(2, count),
                wire.integer(3, not is_full),
                wire.integer(4, 0),
                wire.integer(5, 0),
                delta_from,
                wire.data(7, data),
                wire.integer(12, self.server_tick),
            )
        )

    def _settle(self) -> None:
        for entity in self._changed.values():
            entity.changed = {}
            entity.is_new = False
        self._changed.clear()
        self._deleted.clear()
        self._messages = []
        self._commands = []

    def _write_full_packet(self) -> None:
        everything = EntityList(self._schema.class_bits)
        for entity in self.entities.values():
            everything.create(entity)
        messages = [
            (NET_TICK, wire.integer(1, self.server_tick)),
            (PACKET_ENTITIES, self._entities_message(everything, is_full=True)),
        ]
        body = wire.data(1, self._snapshot()) + wire.data(2, packet_body(messages))
        self._frames.write(framing.FULL_PACKET, body, self.tick)
        self._command_stream.restart()

    def _snapshot(self) -> bytes:
        return b"".join(table.snapshot() for table in self._tables)

    def _free_index(self) -> int:
        if self._free:
            return self._free.pop(0)
        self._next_free += 1
        return self._next_free - 1

    def _serial(self, index: int) -> int:
        """Serials look random on real servers; here they follow from the seed and the index alone."""
        before = self._serials.get(index)
        if before is None:
            seed = self._serial_seed
            serial = 0 if seed is None else (seed * 0x9E3779B1 + index * 0x85EBCA6B + 0x1357) >> 7 & _SERIALS
        else:
            serial = (before + 1) & _SERIALS
        self._serials[index] = serial
        return serial

    # --- before the first tick

    def _sign_on(self) -> None:
        sign, tables = self._sign, self._tables
        self._frames.write(framing.FILE_HEADER, self._file_header(), framing.PRE_RECORD_TICK)
        sign((NET_TICK, wire.integer(1, self.header.server_start_tick)))
        sign((CLEAR_STRING_TABLES, wire.data(1, self.header.map_name)))
        sign(*((CREATE_STRING_TABLE, table.create_message()) for table in tables))
        sign((SERVER_INFO, self._server_info()))
        convars = b"".join(
            wire.data(1, wire.data(1, name) + wire.data(2, value)) for name, value in self.header.convars.items()
        )
        sign((SET_CONVARS, wire.data(1, convars)))
        sign(_signon_state(3))
        for command, body in (
            (framing.SEND_TABLES, send_tables_message(self._schema)),
            (framing.CLASS_INFO, class_info_message(self._schema)),
            (framing.STRING_TABLES, self._snapshot()),
        ):
            self._frames.write(command, body, framing.PRE_RECORD_TICK)
        sign((CLASS_INFO, wire.integer(1, 1)))
        sign((EVENT_LIST, event_list_message()))
        sign(_signon_state(4))
        sign(_signon_state(5))
        self._frames.write(framing.SYNC_TICK, b"", framing.PRE_RECORD_TICK)

    def _sign(self, *messages: Message) -> None:
        self._frames.write(framing.SIGNON_PACKET, packet_body(messages), framing.PRE_RECORD_TICK)

    def _file_header(self) -> bytes:
        header = self.header
        return b"".join(
            (
                wire.data(1, framing.MAGIC),
                wire.integer(2, header.build_number),
                wire.data(3, header.server_name),
                wire.data(4, header.client_name),
                wire.data(5, header.map_name),
                wire.data(6, "csgo"),
                wire.integer(7, 2),
                wire.integer(8, 1),
                wire.integer(9, 1),
                wire.data(10, ""),
                wire.data(11, "valve_demo_2"),
                wire.data(12, _PROTOCOL_GUID),
                wire.integer(13, header.build_number),
                wire.integer(15, header.server_start_tick),
            )
        )

    def _server_info(self) -> bytes:
        header = self.header
        return b"".join(
            (
                wire.integer(1, header.build_number),
                wire.integer(2, 1),
                wire.integer(3, 1),
                wire.integer(4, 1),
                wire.integer(6, ord("w")),
                wire.integer(10, 64),
                wire.integer(11, len(self._schema.classes)),
                wire.integer(12, _GOTV_SLOT),
                wire.float32(13, 1 / header.tick_rate),
                wire.data(14, "csgo"),
                wire.data(15, header.map_name),
                wire.data(17, header.server_name),
                wire.data(18, ""),
            )
        )


def _signon_state(state: int) -> Message:
    return SIGNON_STATE, wire.integer(1, state) + wire.integer(2, 1)
