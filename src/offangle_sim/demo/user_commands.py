"""User commands: what each client sent, and which moment it was looking at when it did.

Current servers send a player's first command whole and later ones as a delta against it. A delta looks like protobuf
with two changes: wire type 7 sets a field back to its default, and the list of inputs starts with its new length
(length << 3 | 7) before the entries that follow with their index in place of a field number.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from offangle_sim.demo import wire
from offangle_sim.net.inputs import InputEntry, UserCommand

_RESET: Final = 7
_NESTED: Final = 2
_NOTHING_SENT: Final[tuple[int | None, int]] = (None, 0)


_ENTRY_HEAD: Final = struct.Struct("<BBBfBfB")
_FRACTION: Final = struct.Struct("<Bf")
_ANGLES: Final = struct.Struct("<BBBfBf")
_MOVED: Final = struct.Struct("<BfBf")


def _entry(entry: InputEntry) -> bytes:
    return b"".join(
        (
            _ENTRY_HEAD.pack(0x12, 10, 0x0D, entry.pitch_deg, 0x15, entry.yaw_deg, 0x20),
            wire.varint_bytes(entry.render_tick),
            _FRACTION.pack(0x2D, entry.render_fraction),
            b"\x30",
            wire.varint_bytes(entry.player_tick),
            _FRACTION.pack(0x3D, entry.player_fraction),
        )
    )


def _base(command: UserCommand, pawn_handle: int | None, *, full: bool) -> bytes:
    pitch, yaw = command.view
    forward, left = command.move
    return b"".join(
        (
            b"\x10",
            wire.varint_bytes(command.client_tick),
            _buttons(command.buttons) if command.buttons or not full else b"",
            _ANGLES.pack(0x22, 10, 0x0D, pitch, 0x15, yaw),
            _MOVED.pack(0x2D, forward, 0x35, left),
            b"" if pawn_handle is None else wire.integer(14, pawn_handle),
        )
    )


@lru_cache(maxsize=256)
def _buttons(buttons: int) -> bytes:
    return wire.data(3, wire.integer(1, buttons))


def full_command(command: UserCommand, pawn_handle: int) -> bytes:
    """The command as plain protobuf."""
    history = b"".join(wire.data(2, _entry(entry)) for entry in command.inputs)
    return wire.data(1, _base(command, pawn_handle, full=True)) + history


def delta_command(command: UserCommand, had_inputs: int) -> bytes:
    """The command against the player's previous one, whose pawn it keeps."""
    base = wire.data(1, _base(command, None, full=False))
    inputs = command.inputs
    if not inputs:
        return base + (wire.varint_bytes(2 << 3 | _RESET) if had_inputs else b"")
    entries = [wire.varint_bytes(len(inputs) << 3 | _RESET)]
    for at, entry in enumerate(inputs):
        encoded = _entry(entry)
        entries += (wire.varint_bytes(at << 3 | _NESTED), wire.varint_bytes(len(encoded)), encoded)
    return base + wire.data(2, b"".join(entries))


class CommandStream:
    """The user commands of all players: whole at first, after `restart` and in another body, deltas in between.

    demoparser2 0.42 takes a delta only if its list of inputs has one entry; of longer ones it keeps the previous
    command. Unless `all_deltas` asks for what servers do, commands with several inputs are therefore written whole.
    """

    def __init__(self, *, all_deltas: bool = False) -> None:
        self._all_deltas = all_deltas
        self._sent: dict[int, tuple[int, int]] = {}

    def restart(self) -> None:
        """Begin anew: readers may start at a full packet."""
        self._sent.clear()

    def message(self, commands: Sequence[tuple[UserCommand, int]], server_tick: int) -> bytes:
        """One tick's commands, each with the handle of the player's pawn."""
        return b"".join(self._server_command(command, pawn, server_tick) for command, pawn in commands)

    def _server_command(self, command: UserCommand, pawn: int, server_tick: int) -> bytes:
        slot, inputs = command.slot, len(command.inputs)
        had_pawn, had = self._sent.get(slot, _NOTHING_SENT)
        self._sent[slot] = pawn, inputs
        if had_pawn != pawn or (inputs > 1 and not self._all_deltas):
            field, payload = b"\x0a", full_command(command, pawn)
        else:
            field, payload = b"\x32", delta_command(command, had)
        varint = wire.varint_bytes
        body = b"".join(
            (
                field,
                varint(len(payload)),
                payload,
                b"\x10",
                varint(command.number),
                b"\x18",
                varint(slot),
                b"\x20",
                varint(server_tick),
                b"\x28",
                varint(command.client_tick),
            )
        )
        return b"\x0a" + varint(len(body)) + body
