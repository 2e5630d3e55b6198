"""What a recording says before its first tick: header, tables, server, events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from offangle_sim.demo import framing, wire
from offangle_sim.demo.class_tables import GameModeRules
from offangle_sim.demo.events import event_list_message
from offangle_sim.demo.framing import FrameFile, Message, packet_body
from offangle_sim.demo.send_tables import Schema, class_info_message, send_tables_message
from offangle_sim.demo.string_tables import StringTable
from offangle_sim.server.setup import BUILD_NUMBER, SERVER_START_TICK, TICK_RATE

NET_TICK, SET_CONVARS, SIGNON_STATE, SERVER_INFO, CLASS_INFO, CREATE_STRING_TABLE = 4, 6, 7, 40, 42, 44
CLEAR_STRING_TABLES, EVENT_LIST = 51, 205

_PROTOCOL_GUID: Final = "8e9d71ab-04a1-4c01-bb61-acfede27c046"
_GOTV_SLOT: Final = 63
_MAX_CLIENTS: Final = 64


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
        recorder_slot: The slot of the player who recorded; None for the server's own observer.
    """

    map_name: str
    server_name: str
    client_name: str = "SourceTV Demo"
    tick_rate: int = TICK_RATE
    build_number: int = BUILD_NUMBER
    server_start_tick: int = SERVER_START_TICK
    mode_rules: GameModeRules = "none"
    convars: Mapping[str, str] = field(default_factory=dict)
    recorder_slot: int | None = None


def write_sign_on(frames: FrameFile, header: DemoHeader, schema: Schema, tables: Sequence[StringTable]) -> None:
    """Write every frame that comes before the first tick."""

    def write(command: int, body: bytes) -> None:
        frames.write(command, body, framing.PRE_RECORD_TICK)

    def sign(*messages: Message) -> None:
        write(framing.SIGNON_PACKET, packet_body(messages))

    write(framing.FILE_HEADER, _file_header(header))
    sign((NET_TICK, wire.integer(1, header.server_start_tick)))
    sign((CLEAR_STRING_TABLES, wire.data(1, header.map_name)))
    sign(*((CREATE_STRING_TABLE, table.create_message()) for table in tables))
    sign((SERVER_INFO, _server_info(header, len(schema.classes))))
    sign((SET_CONVARS, _convars(header.convars)))
    sign(_signon_state(3))
    write(framing.SEND_TABLES, send_tables_message(schema))
    write(framing.CLASS_INFO, class_info_message(schema))
    write(framing.STRING_TABLES, tables_snapshot(tables))
    sign((CLASS_INFO, wire.integer(1, 1)))
    sign((EVENT_LIST, event_list_message()))
    sign(_signon_state(4))
    sign(_signon_state(5))
    write(framing.SYNC_TICK, b"")


def tables_snapshot(tables: Sequence[StringTable]) -> bytes:
    """All string tables, as StringTables frames and full packets carry them."""
    return b"".join(table.snapshot() for table in tables)


def file_info(ticks: int, tick_rate: int, frames: int) -> bytes:
    """The recording's length, written at its end."""
    return wire.float32(1, ticks / tick_rate) + wire.integer(2, ticks) + wire.integer(3, frames)


def _signon_state(state: int) -> Message:
    return SIGNON_STATE, wire.integer(1, state) + wire.integer(2, 1)


def _convars(convars: Mapping[str, str]) -> bytes:
    return wire.data(
        1, b"".join(wire.data(1, wire.data(1, name) + wire.data(2, value)) for name, value in convars.items())
    )


def _file_header(header: DemoHeader) -> bytes:
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
            b"" if header.recorder_slot is None else wire.data(14, "csgo"),
            wire.integer(15, header.server_start_tick),
        )
    )


def _server_info(header: DemoHeader, classes: int) -> bytes:
    by_server = header.recorder_slot is None
    return b"".join(
        (
            wire.integer(1, header.build_number),
            wire.integer(2, 1),
            wire.integer(3, 1),
            wire.integer(4, by_server),
            wire.integer(6, ord("w")),
            wire.integer(10, _MAX_CLIENTS),
            wire.integer(11, classes),
            wire.integer(12, _GOTV_SLOT if header.recorder_slot is None else header.recorder_slot),
            wire.float32(13, 1 / header.tick_rate),
            wire.data(14, "csgo"),
            wire.data(15, header.map_name),
            wire.data(17, header.server_name),
            wire.data(18, ""),
        )
    )
