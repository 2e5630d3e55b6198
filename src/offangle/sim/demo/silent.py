"""A writer that writes nothing: for matches of which only the truth is wanted."""

import io
from typing import Self

from offangle.sim.demo.match_recorder import MatchSetup
from offangle.sim.demo.writer import DemoWriter


class SilentWriter(DemoWriter):
    """Keeps entities, as every recorder needs them, and forgets everything else."""

    @classmethod
    def of(cls, setup: MatchSetup) -> Self:
        """For a match."""
        roster = [entry.roster_entry() for entry in setup.players]
        return cls(io.BytesIO(), setup.header(), roster, serials=setup.seed)

    def end_tick(self) -> None:
        """The tick is forgotten."""
        self._settle()

    def message(self, number: int, body: bytes, *, to_clients: bool = True) -> None:
        """Nobody hears it."""
