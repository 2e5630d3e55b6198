"""Recordings of a game client's posts: one JSON object per line, `{"received_at", "body"}` or the body alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from offangle.cli.output import notes
from offangle.core.errors import BadInputError
from offangle.gsi.wire import decode_post, observation_of, provider_timestamp
from offangle.live.observation import Observation

NS_PER_S: Final = 10**9
LINE_HINT: Final = 'Each line is {"received_at": "2026-01-31T20:15:00.123Z", "body": {…}}, or the body alone.'
LONGEST_LINE: Final = 4 * 1024 * 1024
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""Some editors begin a file of text with it."""


@dataclass(frozen=True, slots=True)
class RecordedPost:
    """One line.

    Attributes:
        line: Its number, from 1.
        received_ns: When the post arrived, nanoseconds since 1970.
        body: The post, authentication and all.
    """

    line: int
    received_ns: int
    body: dict[str, Any]

    def observation(self) -> Observation:
        """What the post says.

        Raises:
            BadInputError: The provider is missing.
        """
        return observation_of(self.body, sequence=self.line, received_ns=self.received_ns)


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no post: cut off, damaged, or of something else."""

    line: int
    why: str


def say_broken(line: BrokenLine) -> None:
    """Tell whoever runs the command which line is left out."""
    notes().print(f"line {line.line} is left out: {line.why}", markup=False, soft_wrap=True)


def read_recording(path: Path, on_broken: Callable[[BrokenLine], None] = say_broken) -> Iterator[RecordedPost]:
    """The posts of a recording in the order of its lines; empty lines are passed over.

    Args:
        path: The file.
        on_broken: Told of each line that is no post; it costs itself only.

    Raises:
        BadInputError: The file cannot be read, or it has lines and none is a post; the message names the first.
    """
    broken: list[BrokenLine] = []
    last_ns = -1
    try:
        with path.open("rb") as file:
            for number, line in _lines(file):
                post = _read_line(number, line, last_ns)
                if isinstance(post, BrokenLine):
                    broken.append(post)
                    if last_ns < 0:
                        continue  # told when there is a post beside them; a file of nothing else is one error
                for line_left_out in broken:
                    on_broken(line_left_out)
                broken.clear()
                if isinstance(post, RecordedPost):
                    last_ns = post.received_ns
                    yield post
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read: {error.strerror}", hint="Name a recording, a .jsonl file."
        ) from error
    if broken:
        raise BadInputError(f"line {broken[0].line}: {broken[0].why}", hint=LINE_HINT)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers; of a line that is too long the beginning, which is no JSON."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(LONGEST_LINE)):
            pass
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if line.strip():
            yield number, line


def _read_line(number: int, line: bytes, last_ns: int) -> RecordedPost | BrokenLine:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return BrokenLine(number, f"not JSON: {error}")
    try:
        return _post_of(number, row, last_ns)
    except BadInputError as error:
        return BrokenLine(number, error.message)


def _post_of(number: int, row: Any, last_ns: int) -> RecordedPost:
    wrapped = isinstance(row, dict) and "body" in row and "provider" not in row
    body = decode_post(msgspec.json.encode(row["body"] if wrapped else row))
    received_ns = _arrival(row["received_at"]) if wrapped and "received_at" in row else None
    if received_ns is None:
        # Bodies alone tell whole seconds; their order in the file is the order of arrival.
        received_ns = max(last_ns + 1, provider_timestamp(body) * NS_PER_S)
    return RecordedPost(number, received_ns, body)


def _arrival(value: object) -> int:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is None:
            raise ValueError("not text")  # noqa: TRY301 -- one message for every way to be no time
        time = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        since = time - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"received_at is no time: {value!r}") from error
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1_000
