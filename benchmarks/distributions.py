"""Simulated matches beside real ones: the distributions of everything that makes a match believable.

`python benchmarks/distributions.py --simulate 200 --out FOLDER`: plays so many matches and writes `distributions.md`,
`distributions.json` and the values themselves. `--from FOLDER` takes matches that `offangle sim match` wrote instead.
Without either only the real matches are measured. `--plot FILE` draws them (needs matplotlib, of the tools for
development). The values of real matches stay in the output folder; `--keep-real` takes them from there.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.progress import track

from distribution_metrics import MEASURES
from distribution_report import as_json, as_markdown, compared
from distribution_sources import (
    REAL_KINDS,
    Kind,
    MatchValues,
    PlayedMatch,
    Source,
    measured,
    pooled,
    real_matches,
    written_matches,
)

SHARED: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL_VALUES: Final = "real-values.json"
SIMULATED_VALUES: Final = "simulated-values.json"
PROCESSES: Final = 2

Kinds = dict[Kind, MatchValues]


def main() -> int:
    given = arguments()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    kept = out / REAL_VALUES
    if given.keep_real and kept.is_file():
        real, matches = read_values(kept)
    else:
        real, matches = measure(real_matches(given.shared), given.processes, "real")
        write_values(kept, real, matches)
    played, numbers = measure(simulated_sources(given), given.processes, "simulated")
    write_values(out / SIMULATED_VALUES, played, numbers)
    report(out, real, played.get("simulated", {}), matches | numbers, given.plot)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulate", type=int, default=0, metavar="N", help="play so many matches")
    parser.add_argument("--seed", type=int, default=1, help="of the first match played")
    parser.add_argument("--from", dest="folder", type=Path, help="matches that `offangle sim match` wrote")
    parser.add_argument("--out", type=Path, default=Path("distributions"), help="where tables and values go")
    parser.add_argument("--plot", type=Path, help="an SVG or PNG file to draw")
    parser.add_argument("--keep-real", action="store_true", help="take the real values of the last time")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder of real matches")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    return parser.parse_args()


def simulated_sources(given: argparse.Namespace) -> list[Source]:
    written = written_matches(given.folder) if given.folder else []
    return [*written, *(PlayedMatch(seed) for seed in range(given.seed, given.seed + given.simulate))]


def measure(sources: Sequence[Source], processes: int, what: str) -> tuple[Kinds, Counter[str]]:
    """The pooled values by kind, and how many matches of each."""
    by_kind: dict[Kind, list[MatchValues]] = {}
    if sources:
        results = measured(sources, processes)
        for kind, values in track(results, f"{what} matches", total=len(sources)):
            by_kind.setdefault(kind, []).append(values)
    counts = Counter[str]({kind: len(matches) for kind, matches in by_kind.items()})
    return {kind: pooled(matches) for kind, matches in by_kind.items()}, counts


def write_values(path: Path, values: Kinds, matches: Counter[str]) -> None:
    path.write_text(json.dumps({"matches": matches, "values": values}), encoding="utf-8")


def read_values(path: Path) -> tuple[Kinds, Counter[str]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return document["values"], Counter(document["matches"])


def report(out: Path, real: Kinds, simulated: MatchValues, matches: Counter[str], plot: Path | None) -> None:
    pro, league = (real.get(kind, {}) for kind in REAL_KINDS)
    comparisons = compared(MEASURES, pro, league, simulated)
    text = as_markdown(comparisons, matches)
    (out / "distributions.md").write_text(text + "\n", encoding="utf-8")
    (out / "distributions.json").write_text(json.dumps(as_json(comparisons, matches), indent=1), encoding="utf-8")
    print(text)
    if plot is not None:
        from distribution_plots import draw  # noqa: PLC0415 -- matplotlib is needed for figures only

        draw(plot, MEASURES, pooled([pro, league]), simulated)
        print(f"drawn: {plot}")


if __name__ == "__main__":
    sys.exit(main())
