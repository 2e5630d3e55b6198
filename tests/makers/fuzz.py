"""Every reader over damaged input: `PYTHONPATH=tests python -m makers.fuzz --seconds 3600 [--seed N] [--kind KIND]`.

Recordings that the simulator wrote, zips, and clients' posts are damaged at random and read to the end of the way. Each
must be read, or refused by a permanent error of Offangle's own that says why. A reader's native code may die or hang:
then the sandbox around it refuses the file, so that counts as refused here, too, and is listed.

A case is named by seed, kind and number, and comes back alone with `--case`. Input that brought a fault is kept.
"""

import argparse
import json
import os
import random
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from makers.demo_mutations import mutated_demo
from makers.zip_mutations import mutated_zip

Kind = Literal["demo", "match_zip", "gsi"]

KINDS: Final[tuple[Kind, ...]] = ("demo", "match_zip", "gsi")
SUFFIXES: Final = {"demo": "dem", "match_zip": "zip", "gsi": "txt"}
LEAST_CASES: Final = 20
"""So many are read however slow the machine is."""
PATIENCE_S: Final = 60.0
"""A tiny input that takes longer hangs."""


@dataclass(frozen=True, slots=True)
class Case:
    """One damaged input."""

    seed: int
    kind: Kind
    number: int

    @property
    def name(self) -> str:
        return f"{self.seed}-{self.kind}-{self.number}"

    def make(self, folder: Path) -> tuple[str, Path | None]:
        """What was done, and the file; posts are made by the reader itself."""
        rng = random.Random(self.name)  # noqa: S311 -- repeatable damage
        if self.kind == "gsi":
            return "posts", None
        what, content = mutated_demo(rng) if self.kind == "demo" else mutated_zip(rng)
        path = folder / f"{self.name}.{SUFFIXES[self.kind]}"
        path.write_bytes(content)
        return what, path


@dataclass(slots=True)
class Tally:
    """What came of the cases."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Reader:
    """The process that reads; a new one when it died or hung."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def read(self, order: dict[str, Any]) -> dict[str, str]:
        """The outcome of one order."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
        answer = process.stdout.readline() if ready else ""
        if answer:
            return dict(json.loads(answer))
        self._stop()
        return {"outcome": "died" if ready else "hung", "why": f"status {process.returncode}"}

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "makers.fuzz_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None


def fuzz(kind: Kind, seed: int, seconds: float, kept: Path, only: int | None = None) -> Tally:
    """Read damaged inputs of a kind for so long; faults are described, and their input is left in `kept`."""
    tally, ends = Tally(), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name, Reader() as reader:
        for number in count() if only is None else [only]:
            if only is None and number >= LEAST_CASES and time.monotonic() > ends:
                break
            case = Case(seed, kind, number)
            what, path = case.make(Path(name))
            found = reader.read({"kind": kind, "path": str(path), "seed": case.name})
            tally.outcomes[found["outcome"]] += 1
            if found["outcome"] not in {"read", "refused"} and path is not None:
                shutil.copy(path, kept)
            if found["outcome"] == "fault":
                tally.faults.append(f"{case.name} ({what}): {found['why']}")
            if path is not None:
                path.unlink()
    return tally


def main() -> int:
    """The command line; 1 when anything ended in a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="for all kinds together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind; may be given again")
    parser.add_argument("--case", type=int, help="only the case of this number")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="where input that brought a fault goes")
    options = parser.parse_args()
    kinds = options.kind or KINDS
    options.keep.mkdir(parents=True, exist_ok=True)
    tallies = {
        kind: fuzz(kind, options.seed, options.seconds / len(kinds), options.keep, options.case) for kind in kinds
    }
    for kind, tally in tallies.items():
        outcomes = ", ".join(f"{number} {word}" for word, number in tally.outcomes.most_common())
        sys.stdout.write("\n\n".join([f"{kind}: {outcomes}", *tally.faults]) + "\n")
    return int(any(tally.faults for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
