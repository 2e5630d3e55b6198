"""Where the posts of a client go."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import msgspec

from offangle_sim.gsi.settings import Body

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_US: Final = 1_000


class Sink(Protocol):
    """Takes the posts of one client in the order of their arrival; a body must not be changed."""

    def __call__(self, received_ns: int, body: Body, /) -> None:
        """A post arrived, so many nanoseconds after 1970."""


@runtime_checkable
class ClosingSink(Protocol):
    """A sink that wants to know when nothing more comes."""

    def close(self) -> None:
        """Nothing more comes."""


class JsonlSink:
    """Writes a recording: a line `{"received_at", "body"}` for each post."""

    def __init__(self, path: Path) -> None:
        """Begin a new file; the folder must be there."""
        self._file = path.open("wb")
        self._encoder = msgspec.json.Encoder()

    def __call__(self, received_ns: int, body: Body, /) -> None:
        """Write one line."""
        row = {"received_at": iso_time(received_ns), "body": body}
        self._file.write(self._encoder.encode(row) + b"\n")

    def close(self) -> None:
        """Everything is on disk."""
        self._file.close()


def iso_time(received_ns: int) -> str:
    """Such as 2026-01-31T20:15:00.123Z."""
    time = EPOCH + timedelta(microseconds=received_ns // _NS_PER_US)
    return time.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def epoch_ns(time: datetime) -> int:
    """Nanoseconds since 1970."""
    return (time - EPOCH) // timedelta(microseconds=1) * _NS_PER_US
