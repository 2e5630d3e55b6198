"""The measures that keep the code readable, held by a test."""

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "tests", "benchmarks", "studies")
LONGEST_FILE = 600
LONGEST_FUNCTION = 80
LONG_FUNCTION = 40
LONG_SHARE = 0.05
MEDIAN_FUNCTION = 10
FORBIDDEN = re.compile(
    # Written in pieces, so that this file does not find itself.
    "|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "deb" + r"\.debian\.org"])
    + r"|(?<![A-Za-z0-9_.])/(?:work|farm|root)/"
)


def python_files(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]


def every_file() -> list[Path]:
    return [path for folder in FOLDERS for path in python_files(folder)]


def function_lengths(paths: list[Path]) -> dict[str, int]:
    lengths = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lengths[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = node.end_lineno - node.lineno + 1
    return lengths


def tracked_files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split("\0") if name]


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in every_file()
        if (lines := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
    }
    assert long == {}


def test_what_people_run_needs_nothing_of_the_tests() -> None:
    """Tests find their makers on a path of their own, which an installation does not have."""
    helpers = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} | {"conftest", "tests"}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files("src")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (said := re.match(r"\s*(?:from|import) (\w+)", line)) and said[1] in helpers
    ]
    assert found == []


def test_no_function_is_too_long() -> None:
    lengths = function_lengths(every_file())
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_most_functions_are_short() -> None:
    lengths = function_lengths(python_files("src"))
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION
    long = [name for name, length in lengths.items() if length > LONG_FUNCTION]
    assert len(long) <= LONG_SHARE * len(lengths), long


def test_rooms_are_at_most_three_folders_deep() -> None:
    deep = [path for path in python_files("src") if len(path.relative_to(ROOT / "src").parts) > 5]
    assert deep == []


def test_no_machine_paths_and_no_index_hosts_in_tracked_files() -> None:
    found = []
    for name in tracked_files():
        path = ROOT / name
        if not path.is_file() or path.suffix in {".png", ".ico", ".woff2", ".gz", ".zip"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if FORBIDDEN.search(line):
                found.append(f"{name}:{number}")
    assert found == []


def test_the_locks_carry_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\\n\s+--hash=sha256:", text, flags=re.MULTILINE | re.IGNORECASE)
        names = re.findall(r"^[a-z0-9][^\n]*==", text, flags=re.MULTILINE | re.IGNORECASE)
        assert names, lock.name
        assert len(pinned) == len(names), lock.name
