"""Recordings of a game client's posts: one JSON object per line, `{"received_at", "body"}` or the body alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from offangle.core.errors import BadInputError
from offangle.gsi.wire import decode_post, observation_of
from offangle.live.observation import Observation

NS_PER_S: Final = 10**9
LINE_HINT: Final = 'Each line is {"received_at": "2026-01-31T20:15:00.123Z", "body": {…}}, or the body alone.'
LONGEST_LINE: Final = 4 * 1024 * 1024


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


def read_recording(path: Path) -> Iterator[RecordedPost]:
    """The posts of a recording in the order of its lines; empty lines are passed over.

    Raises:
        BadInputError: The file cannot be read, or a line is no post; the message names the line.
    """
    last_ns = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
                if line.strip():
                    post = _read_line(number, line, last_ns)
                    last_ns = post.received_ns
                    yield post
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read: {error.strerror}", hint="Name a recording, a .jsonl file."
        ) from error


def _read_line(number: int, line: bytes, last_ns: int) -> RecordedPost:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError(f"line {number}: not JSON: {error}", hint=LINE_HINT) from error
    wrapped = isinstance(row, dict) and "body" in row and "provider" not in row
    try:
        body = decode_post(msgspec.json.encode(row["body"] if wrapped else row))
    except BadInputError as error:
        raise BadInputError(f"line {number}: {error.message}", hint=LINE_HINT) from error
    received_ns = _arrival(number, row["received_at"]) if wrapped and "received_at" in row else None
    if received_ns is None:
        # Bodies alone tell whole seconds; their order in the file is the order of arrival.
        timestamp = body["provider"].get("timestamp")
        received_ns = max(last_ns + 1, timestamp * NS_PER_S if isinstance(timestamp, int) else 0)
    return RecordedPost(number, received_ns, body)


def _arrival(number: int, value: object) -> int:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is None:
            raise ValueError("not text")  # noqa: TRY301 -- one message for every way to be no time
        time = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        since = time - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"line {number}: received_at is no time: {value!r}", hint=LINE_HINT) from error
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1_000
