"""The tables of real matches as two revisions of the code derive them, compared cell by cell.

`python benchmarks/compare_revisions.py BEFORE [--after REVISION] [--matches FOLDER] [--faults FILE] [--frames]`

BEFORE and REVISION are git revisions; without `--after` the checkout as it lies is taken. Each match is read by the
whole `offangle analyze FILE --out DIR` of that revision in processes of their own, so the revisions may differ in
anything but that command. Tables of a commit are kept under `--cache` and not made twice.

A difference is a cell, a row that only one side has, or a column that is gone. Columns and tables that are new are
listed and are no difference. `--faults` names a TOML file that says which differences are meant: each `[[fault]]` has a
`name` and any of `matches`, `tables`, `columns`, `rows` (patterns) and `rounds` (numbers); the first that fits takes
the difference. Ends with 1 when a difference is left that no fault takes.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import polars as pl

from offangle.analysis.tables import DERIVED_TABLES
from offangle.frames.registry import TABLES

ROOT: Final = Path(__file__).resolve().parents[1]
MATCHES: Final = ROOT.parent / "shared" / "data" / "matches"
CACHE: Final = Path(tempfile.gettempdir()) / "offangle-compared-revisions"
RUN: Final = "from offangle.cli.main import run; run()"
GONE: Final = "(row)"
"""Stands for the column of a difference that is a whole row."""
COLUMN: Final = "(column)"
"""Stands for the row of a difference that is a whole column."""
LISTED: Final = 4
"""Cells shown of one table, column and match; `--list` shows all."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell, row or column that differs.

    Attributes:
        match: The match file's name.
        table: The table.
        column: The column, or `(row)`.
        row: The row's key as text, or `(column)`.
        round_number: The row's round, where the table has one.
        before: The value before; null for a row or column that was not there.
        after: The value now.
    """

    match: str
    table: str
    column: str
    row: str
    round_number: int | None
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Fault:
    """A named fault and where its mending shows; an empty list of patterns means everywhere."""

    name: str
    matches: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    rounds: tuple[int, ...] = ()

    def takes(self, difference: Difference) -> bool:
        """Whether the difference is one that this fault explains."""
        places = (
            (difference.match, self.matches),
            (difference.table, self.tables),
            (difference.column, self.columns),
            (difference.row, self.rows),
        )
        fits = all(not wanted or any(fnmatch(found, each) for each in wanted) for found, wanted in places)
        return fits and (not self.rounds or difference.round_number in (None, *self.rounds))


def main() -> int:
    given = arguments()
    files = sorted(given.matches.rglob("*.zip"))
    if not files:
        raise SystemExit(f"{given.matches} holds no match zips")
    before = derived(given.before, files, given.cache)
    after = derived(given.after, files, given.cache)
    folders = [*(["frames"] if given.frames else []), "derived"]
    differences: list[Difference] = []
    news: dict[str, int] = {}
    for file in files:
        for folder in folders:
            found, new = compare_match(file.stem, before / file.stem / folder, after / file.stem / folder)
            differences += found
            for name in new:
                news[name] = news.get(name, 0) + 1
    faults = read_faults(given.faults)
    print(f"{len(files)} matches, {given.before} and {given.after or 'the checkout'}: {len(differences)} differences")
    for name, number in sorted(news.items()):
        print(f"  new {name} in {number} matches")
    return report(differences, faults, None if given.list else LISTED)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", help="a git revision")
    parser.add_argument("--after", help="a git revision; by default the checkout as it lies")
    parser.add_argument("--matches", type=Path, default=MATCHES, help="folder of match zips")
    parser.add_argument("--faults", type=Path, help="TOML file of the differences that are meant")
    parser.add_argument("--frames", action="store_true", help="also compare the tables that were read")
    parser.add_argument("--list", action="store_true", help="show every cell")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where tables of commits are kept")
    return parser.parse_args()


# -- deriving ----------------------------------------------------------------------------------------------------------


def derived(revision: str | None, files: Sequence[Path], cache: Path) -> Path:
    """The folder of all matches' tables as the code of `revision` (null: the checkout) derives them."""
    if revision is None:
        folder = cache / "checkout"
        derive(ROOT / "src", files, folder / fingerprint(ROOT / "src"))
        return folder / fingerprint(ROOT / "src")
    commit = git("rev-parse", "--verify", f"{revision}^{{commit}}")
    with checked_out(commit) as sources:
        derive(sources, files, cache / commit)
    return cache / commit


def fingerprint(sources: Path) -> str:
    """Changes with every source file, so that tables of other code are never taken for those of this."""
    digest = hashlib.sha256()
    for path in sorted(sources.rglob("*.py")):
        digest.update(str(path.relative_to(sources)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The sources of `commit` in a folder of their own, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="offangle-revision-") as folder:
        archive = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder) / "src"


def derive(sources: Path, files: Sequence[Path], folder: Path) -> None:
    """Run `offangle analyze` of `sources` over `files`, two at a time; what is done already stays."""
    missing = [file for file in files if not (folder / file.stem).exists()]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for failure in pool.map(lambda file: derive_one(sources, file, folder / file.stem), missing):
            if failure:
                raise SystemExit(failure)


def derive_one(sources: Path, file: Path, target: Path) -> str | None:
    """The tables of one match, moved to `target` when all are there; the reason when there are none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / "tables"
        done = subprocess.run(
            [sys.executable, "-c", RUN, "analyze", str(file), "--out", str(made)],
            env={**os.environ, "PYTHONPATH": str(sources)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            return f"{file.name} with {sources}: exit {done.returncode}\n{done.stderr}"
        if not target.exists():
            made.rename(target)
    return None


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


# -- comparing ---------------------------------------------------------------------------------------------------------


def compare_match(match: str, before: Path, after: Path) -> tuple[list[Difference], list[str]]:
    """All differences of one match's tables, and the names of tables and columns that are new."""
    differences: list[Difference] = []
    new: list[str] = []
    names = sorted({path.stem for folder in (before, after) for path in folder.glob("*.parquet")})
    for name in names:
        old, now = (folder / f"{name}.parquet" for folder in (before, after))
        if not old.exists():
            new.append(f"table {name}")
        elif not now.exists():
            differences.append(Difference(match, name, COLUMN, "(table)", None, "there", None))
        else:
            tables = pl.read_parquet(old), pl.read_parquet(now)
            new += [f"column {name}.{each}" for each in tables[1].columns if each not in tables[0].columns]
            differences += compare(match, name, *tables)
    return differences, new


def compare(match: str, name: str, old: pl.DataFrame, now: pl.DataFrame) -> Iterable[Difference]:
    """The differences of one table. Rows meet by the table's key; those of one key by their order."""
    gone = [column for column in old.columns if column not in now.columns]
    yield from (Difference(match, name, column, COLUMN, None, "there", None) for column in gone)
    key = key_of(name, old, now)
    shared = [column for column in old.columns if column in now.columns and column not in key]
    joined = keyed(old, key, shared, "before").join(
        keyed(now, key, shared, "after"), on=[*key, "nth"], how="full", nulls_equal=True
    )
    joined = joined.with_columns(pl.coalesce(column, f"{column}_right") for column in [*key, "nth"]).sort(*key, "nth")
    for row in joined.filter(pl.col("in_before").is_null() | pl.col("in_after").is_null()).iter_rows(named=True):
        yield difference(match, name, GONE, row, key, before=row["in_before"], after=row["in_after"])
    both = joined.filter("in_before", "in_after")
    for column in shared:
        pair = (f"{column}_before", f"{column}_after")
        differing = both.filter(plain(both, pair[0]).ne_missing(plain(both, pair[1])))
        for row in differing.iter_rows(named=True):
            yield difference(match, name, column, row, key, before=row[pair[0]], after=row[pair[1]])


def plain(frame: pl.DataFrame, column: str) -> pl.Expr:
    """The column as text where it is an enum: its words may have become more."""
    return pl.col(column).cast(pl.String) if frame.schema[column] == pl.Enum else pl.col(column)


def keyed(table: pl.DataFrame, key: Sequence[str], columns: Sequence[str], when: str) -> pl.DataFrame:
    """`table` with the key comparable, the row's place among those of its key, and its columns named after `when`."""
    keys = [plain(table, column).alias(column) for column in key]
    renamed = [pl.col(column).alias(f"{column}_{when}") for column in columns]
    narrowed = table.select(*keys, *renamed, pl.lit(value=True).alias(f"in_{when}"))
    return narrowed.with_columns(
        pl.int_range(pl.len()).over(key).alias("nth") if key else pl.int_range(pl.len()).alias("nth")
    )


def key_of(name: str, old: pl.DataFrame, now: pl.DataFrame) -> list[str]:
    declared = {**TABLES, **DERIVED_TABLES}.get(name)
    key = [] if declared is None else declared.primary_key()
    return [column for column in key if column in old.columns and column in now.columns]


def difference(
    match: str, table: str, column: str, row: dict[str, Any], key: Sequence[str], **values: object
) -> Difference:
    words = [f"{part}={row[part]}" for part in key] + ([f"nth={row['nth']}"] if row["nth"] or not key else [])
    number = next(
        (row[each] for each in ("round_number", "round_number_before", "round_number_after") if row.get(each)), None
    )
    return Difference(match, table, column, ", ".join(words), number, values["before"], values["after"])


# -- reporting ---------------------------------------------------------------------------------------------------------


def read_faults(path: Path | None) -> list[Fault]:
    """The faults of the file, in its order."""
    if path is None:
        return []
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("fault", [])
    return [Fault(entry.pop("name"), **{field: tuple(wanted) for field, wanted in entry.items()}) for entry in entries]


def report(differences: Sequence[Difference], faults: Sequence[Fault], shown: int | None) -> int:
    """Print the differences by fault, table, column and match; 1 when some belong to no fault."""
    by_fault: dict[str, list[Difference]] = {fault.name: [] for fault in faults}
    unnamed: list[Difference] = []
    for each in differences:
        fault = next((fault for fault in faults if fault.takes(each)), None)
        (unnamed if fault is None else by_fault[fault.name]).append(each)
    for name, found in by_fault.items():
        print(f"\n{name}: {len(found)} differences in {len({each.match for each in found})} matches")
        print_group(found, shown)
    if faults or unnamed:
        print(f"\nwithout a named fault: {len(unnamed)} differences")
    print_group(unnamed, shown)
    return 1 if unnamed else 0


def print_group(differences: Sequence[Difference], shown: int | None) -> None:
    groups: dict[tuple[str, str], dict[str, list[Difference]]] = {}
    for each in differences:
        groups.setdefault((each.table, each.column), {}).setdefault(each.match, []).append(each)
    for (table, column), matches in sorted(groups.items()):
        print(f"  {table}.{column}: {sum(map(len, matches.values()))} in {len(matches)} matches")
        for match, cells in sorted(matches.items()):
            words = [f"[{cell.row}] {cell.before!r} -> {cell.after!r}" for cell in cells[:shown]]
            more = f"; and {len(cells) - len(words)} more" if len(cells) > len(words) else ""
            print(f"    {match}: {len(cells)}: {'; '.join(words)}{more}")


if __name__ == "__main__":
    sys.exit(main())
