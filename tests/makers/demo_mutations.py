"""Written recordings, damaged: in their bytes, in their frames, in their messages, and in what they say."""

import random
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from makers.bit_reader import BitReader
from makers.recorded import RecordedMatch
from makers.scripted_match import Script, ScriptedMatch, setup_of
from offangle_sim.demo import framing, wire

HEAD_BYTES: Final = 16
PACKETS: Final = (framing.PACKET, framing.SIGNON_PACKET)
STREAM_FIELD_HEAD: Final = b"\x1a"  # field 3, the stream of messages
TINY: Final = Script(rounds=2, live_ticks=300, freeze_ticks=32, post_ticks=16)
BASES: Final = (TINY, replace(TINY, bots=(1, 6), warmup_ticks=40), replace(TINY, knife_round=True, inputs=False))
NUMBERS: Final = (
    0, 1, -1, 2, 3, 63, 64, 100, 255, 40_000, 65_535, 2**31 - 1, -(2**31), 2**32 - 1, 2**62, 1e30, -1e30, float("nan"),
    float("inf"), 0.5, True,
)  # fmt: skip
TEXTS: Final = ("", "x", "weapon_", "\ud7ff", "a" * 300, "de_x", "world", "-1", "9" * 25)
ODDITY_CHANCE: Final = 0.02
"""Of a tick, in a recording that says odd things."""

Frame = tuple[int, int, bytes]


def mutated_demo(rng: random.Random) -> tuple[str, bytes]:
    """What was done, and the recording."""
    if rng.random() < 0.3:
        return "says odd things", odd_demo(rng)
    base = written(rng.randrange(len(BASES)))
    name = rng.choice(list(MUTATIONS))
    return name, MUTATIONS[name](rng, base)


@cache
def written(number: int) -> bytes:
    """A sound recording."""
    file = BytesIO()
    script = BASES[number]
    with RecordedMatch.open(file, setup_of(script)) as match:
        ScriptedMatch(script, match).play()
    return file.getvalue()


def odd_demo(rng: random.Random) -> bytes:
    """A recording whose entities and events say what no game would say, now and then."""
    file = BytesIO()
    script = replace(rng.choice(BASES), seed=rng.randrange(1000))
    setup = replace(setup_of(script), map_name=rng.choice(("de_dust2", *TEXTS)))
    favourites = rng.choices(("m_iHealth", "m_iTeamNum", "m_iScore", "m_steamID", "m_iszPlayerName", None), k=2)
    with RecordedMatch.open(file, setup) as match:
        writer = match.writer
        end_tick, event = writer.end_tick, writer.event

        def ends() -> None:
            if rng.random() < ODDITY_CHANCE:
                _say_something_odd(rng, rng.choice(list(writer.entities.values())), rng.choice(favourites))
            end_tick()

        def happens(name: str, values: Mapping[str, Any] | None = None) -> None:
            odd = dict(values or {})
            if odd and rng.random() < ODDITY_CHANCE:
                odd[rng.choice(list(odd))] = rng.choice(NUMBERS)
            try:
                event(name, odd)
            except (ValueError, OverflowError, struct.error):
                event(name, values)

        with patch.object(writer, "end_tick", ends), patch.object(writer, "event", happens):
            ScriptedMatch(script, match).play()
    return file.getvalue()


def _say_something_odd(rng: random.Random, entity: Any, favourite: str | None) -> None:
    names = list(entity.values)
    if not names:
        return
    name = favourite if favourite in names else rng.choice(names)
    value = rng.choice(TEXTS if isinstance(entity.get(name), str) else NUMBERS)
    try:
        said, width = entity.entity_class.field(name).encode(value)
    except (ValueError, OverflowError, TypeError, AttributeError, struct.error, KeyError):
        return  # the writer cannot even write that
    if isinstance(said, int) and isinstance(width, int) and 0 <= said < 1 << width:
        entity.set(name, value)


# --- bytes


def _flip(rng: random.Random, demo: bytes) -> bytes:
    changed = bytearray(demo)
    for _ in range(rng.choice((1, 1, 4, 64))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, demo: bytes) -> bytes:
    return demo[: rng.randrange(len(demo))]


def _cut_unfinished(rng: random.Random, demo: bytes) -> bytes:
    return demo[:8] + bytes(8) + demo[HEAD_BYTES : rng.randrange(HEAD_BYTES, len(demo))]


def _move_end(rng: random.Random, demo: bytes) -> bytes:
    return demo[:8] + struct.pack("<II", rng.randrange(len(demo)), rng.randrange(len(demo))) + demo[HEAD_BYTES:]


def _lose_bytes(rng: random.Random, demo: bytes) -> bytes:
    at, count = rng.randrange(HEAD_BYTES, len(demo)), rng.choice((1, 7, 300))
    return demo[:at] + demo[at + count :]


def _damage_head(rng: random.Random, demo: bytes) -> bytes:
    changed = bytearray(demo)
    for _ in range(rng.choice((1, 3))):
        changed[rng.randrange(300)] = rng.randrange(256)
    return bytes(changed)


# --- frames


def _frames(demo: bytes) -> list[Frame]:
    """Command, tick and body of each frame."""
    found, at = [], HEAD_BYTES
    while at < len(demo):
        numbers = []
        for _ in range(3):
            value = shift = 0
            while True:
                byte = demo[at]
                value |= (byte & 127) << shift
                at, shift = at + 1, shift + 7
                if byte < 128:
                    break
            numbers.append(value)
        command, tick, size = numbers
        found.append((command, tick, demo[at : at + size]))
        at += size
    return found


def _joined(demo: bytes, frames: list[Frame]) -> bytes:
    """The frames as a file that was never finished: its head points nowhere."""
    parts = [
        wire.varint_bytes(command) + wire.varint_bytes(tick & 0xFFFFFFFF) + wire.varint_bytes(len(body)) + body
        for command, tick, body in frames
    ]
    return demo[:8] + bytes(8) + b"".join(parts)


def _drop_frames(rng: random.Random, demo: bytes) -> bytes:
    frames = _frames(demo)
    at, count = rng.randrange(1, len(frames)), rng.choice((1, 1, 5, 200))
    return _joined(demo, frames[:at] + frames[at + count :])


def _repeat_frames(rng: random.Random, demo: bytes) -> bytes:
    frames = _frames(demo)
    at, count = rng.randrange(1, len(frames)), rng.choice((1, 5, 200))
    return _joined(demo, frames[: at + count] + frames[at:])


def _swap_frames(rng: random.Random, demo: bytes) -> bytes:
    frames = _frames(demo)
    one, other = rng.randrange(1, len(frames)), rng.randrange(1, len(frames))
    frames[one], frames[other] = frames[other], frames[one]
    return _joined(demo, frames)


def _tick_otherwise(rng: random.Random, demo: bytes) -> bytes:
    shift = rng.choice((-100, -1, 1, 1000, 2**31 - 1))
    since = rng.randrange(1, 200)
    frames = _frames(demo)
    return _joined(demo, [(c, t + shift if at > since else t, body) for at, (c, t, body) in enumerate(frames)])


def _damage_frame(rng: random.Random, demo: bytes) -> bytes:
    frames = _frames(demo)
    at = rng.randrange(len(frames))
    command, tick, body = frames[at]
    changed = bytearray(body or b"\0")
    for _ in range(rng.choice((1, 1, 8))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    frames[at] = command, tick, bytes(changed)
    return _joined(demo, frames)


# --- messages


def _messages(body: bytes) -> list[framing.Message]:
    """The messages of a packet."""
    stream = body[body.index(STREAM_FIELD_HEAD) + 1 :]
    while stream and stream[0] >= 128:  # the stream's length
        stream = stream[1:]
    reader = BitReader(int.from_bytes(stream[1:], "little"), 8 * (len(stream) - 1))
    found = []
    while reader.left >= 16:
        number, size = reader.ubitvar(), reader.varint()
        if 8 * size > reader.left:
            break
        found.append((number, bytes(reader.bits(8) for _ in range(size))))
    return found


def _damage_messages(rng: random.Random, demo: bytes) -> bytes:
    frames = _frames(demo)
    packets = [at for at, (command, _, body) in enumerate(frames) if command in PACKETS and STREAM_FIELD_HEAD in body]
    for _ in range(rng.choice((1, 3, 20))):
        at = rng.choice(packets)
        command, tick, body = frames[at]
        messages = _messages(body)
        if messages:
            frames[at] = command, tick, framing.packet_body(rng.choice(MESSAGE_MUTATIONS)(rng, messages))
    return _joined(demo, frames)


def _change_message(rng: random.Random, messages: list[framing.Message]) -> list[framing.Message]:
    at = rng.randrange(len(messages))
    number, body = messages[at]
    changed = bytearray(body or b"\0")
    changed[rng.randrange(len(changed))] = rng.randrange(256)
    return [*messages[:at], (number, bytes(changed)), *messages[at + 1 :]]


def _lose_message(rng: random.Random, messages: list[framing.Message]) -> list[framing.Message]:
    at = rng.randrange(len(messages))
    return messages[:at] + messages[at + 1 :]


def _repeat_message(rng: random.Random, messages: list[framing.Message]) -> list[framing.Message]:
    return [*messages, rng.choice(messages)]


def _renumber_message(rng: random.Random, messages: list[framing.Message]) -> list[framing.Message]:
    at = rng.randrange(len(messages))
    return [*messages[:at], (rng.randrange(400), messages[at][1]), *messages[at + 1 :]]


MESSAGE_MUTATIONS: Final = (_change_message, _change_message, _lose_message, _repeat_message, _renumber_message)
MUTATIONS: Final[dict[str, Callable[[random.Random, bytes], bytes]]] = {
    "flips bits": _flip,
    "is cut off": _cut,
    "was never finished": _cut_unfinished,
    "ends elsewhere": _move_end,
    "lacks bytes": _lose_bytes,
    "has a damaged head": _damage_head,
    "lacks frames": _drop_frames,
    "repeats frames": _repeat_frames,
    "swaps frames": _swap_frames,
    "counts ticks otherwise": _tick_otherwise,
    "has a damaged frame": _damage_frame,
    "has damaged messages": _damage_messages,
}


def keep(folder: Path, name: str, demo: bytes) -> Path:
    """The recording as a file."""
    path = folder / name
    path.write_bytes(demo)
    return path
