"""Simulated matches beside real ones: the distributions of everything that makes a match believable.

`PYTHONPATH=studies python -m distributions --simulate 200 --out FOLDER`: plays so many matches and writes
`distributions.md` and `distributions.json`. `--from FOLDER` takes matches that `offangle sim match` wrote instead.
Without either only the real matches are measured. `--plot FILE` draws them (needs matplotlib, of the tools for
development).

The values of each match stay in `FOLDER/values`. `--keep-real` takes those of real matches from there, and
`--keep` those of all, so that a long run that was broken off goes on.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.progress import track

from distributions.metrics import MEASURES
from distributions.report import as_json, as_markdown, compared
from distributions.sources import MatchValues, PlayedMatch, Source, measured, pooled, real_matches, written_matches

SHARED: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
VALUES: Final = "values"
PROCESSES: Final = 2


def main() -> int:
    given = arguments()
    real, simulated = real_matches(given.shared), simulated_matches(given)
    folder: Path = given.out / VALUES
    folder.mkdir(parents=True, exist_ok=True)
    measure(unmeasured(real, folder, keep=given.keep or given.keep_real), folder, given.processes, "real matches")
    measure(unmeasured(simulated, folder, keep=given.keep), folder, given.processes, "simulated matches")
    report([*real, *simulated], folder, given.out, given.plot)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulate", type=int, default=0, metavar="N", help="play so many matches")
    parser.add_argument("--seed", type=int, default=1, help="of the first match played")
    parser.add_argument("--from", dest="folder", type=Path, help="matches that `offangle sim match` wrote")
    parser.add_argument("--out", type=Path, required=True, help="where tables and values go")
    parser.add_argument("--plot", type=Path, help="an SVG or PNG file to draw")
    parser.add_argument("--keep-real", action="store_true", help="take the values of real matches that are there")
    parser.add_argument("--keep", action="store_true", help="take all values that are there")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder of real matches")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    return parser.parse_args()


def simulated_matches(given: argparse.Namespace) -> list[Source]:
    written = written_matches(given.folder) if given.folder else []
    return [*written, *(PlayedMatch(seed) for seed in range(given.seed, given.seed + given.simulate))]


def values_file(folder: Path, source: Source) -> Path:
    return folder / f"{source.name}.json"


def unmeasured(sources: Sequence[Source], folder: Path, *, keep: bool) -> list[Source]:
    return [source for source in sources if not (keep and values_file(folder, source).is_file())]


def measure(sources: Sequence[Source], folder: Path, processes: int, what: str) -> None:
    """Write the values of each match as they come in."""
    if sources:
        for source, values in track(measured(sources, processes), what, total=len(sources)):
            values_file(folder, source).write_text(json.dumps(values), encoding="utf-8")


def report(sources: Sequence[Source], folder: Path, out: Path, plot: Path | None) -> None:
    """Write and print the tables, and draw the figure."""
    by_kind: dict[str, list[MatchValues]] = {}
    for source in sources:
        values = json.loads(values_file(folder, source).read_text(encoding="utf-8"))
        by_kind.setdefault(source.kind, []).append(values)
    counts = Counter({kind: len(matches) for kind, matches in by_kind.items()})
    pro, league, simulated = (pooled(by_kind.get(kind, [])) for kind in ("pro", "league", "simulated"))
    comparisons = compared(MEASURES, pro, league, simulated)
    text = as_markdown(comparisons, counts)
    (out / "distributions.md").write_text(text + "\n", encoding="utf-8")
    (out / "distributions.json").write_text(json.dumps(as_json(comparisons, counts), indent=1), encoding="utf-8")
    print(text)
    if plot is not None:
        from distributions.plots import draw  # noqa: PLC0415 -- matplotlib is needed for figures only

        draw(plot, MEASURES, pooled([pro, league]), simulated)
        print(f"drawn: {plot}")


if __name__ == "__main__":
    sys.exit(main())
