"""A server with a recording and the truth beside it, for tests that say themselves what happens."""

from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from offangle.frames.collection import MatchFrames
from offangle_sim.demo.framing import Compress
from offangle_sim.demo.pov import PovWriter
from offangle_sim.demo.recorder import Recorder
from offangle_sim.demo.writer import DemoWriter
from offangle_sim.server.server import Server
from offangle_sim.server.setup import MatchSetup
from offangle_sim.truth.keeper import TruthKeeper


class KnownMatch(Server):
    """A match whose truth is kept, and nothing else."""

    def __init__(self, setup: MatchSetup) -> None:
        super().__init__(setup)
        self.keeper = TruthKeeper(self)
        self.tells(self.keeper)

    def truth(self) -> MatchFrames:
        return self.keeper.truth()


class RecordedMatch(KnownMatch):
    """A match that is recorded; a context manager that finishes the recording."""

    recorder: Recorder

    @classmethod
    def open(cls, target: Path | BinaryIO, setup: MatchSetup, *, compress: Compress | None = None) -> Self:
        found = cls(setup)
        found._record(Recorder.to(target, found, compress=compress))
        return found

    @classmethod
    def on(cls, writer: DemoWriter, setup: MatchSetup) -> Self:
        found = cls(setup)
        found._record(Recorder(found, writer))
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.__exit__(kind, error, trace)

    @property
    def writer(self) -> DemoWriter:
        return self.recorder.writer

    def pov(self, target: Path | BinaryIO, slot: int) -> PovWriter:
        return self.recorder.pov(target, slot)

    def _record(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.tells(recorder)
