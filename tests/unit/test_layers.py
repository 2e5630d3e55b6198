"""A violation of the layers would be reported; that the code has none is what `make check` looks at."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")

PLANTED = [
    ("frames/planted.py", "import offangle.web\n", "Imports point downwards only"),
    ("web/planted.py", "import offangle.gsi\n", "Imports point downwards only"),
    ("analysis/planted.py", "import random\n", "Pure rooms do no I/O"),
    ("live/planted.py", "import time\n", "Pure rooms do no I/O"),
    ("flows/planted.py", "import dbos\n", "Only jobs knows the workflow engine"),
    ("web/planted.py", "import obstore\n", "Only storage knows the object store"),
    ("flows/planted.py", "import awpy\n", "Only parsing knows the demo parsers' names"),
    ("storage/planted.py", "import django\n", "Only db, the doors, the use cases and the wiring know Django"),
    ("web/planted.py", "import offangle_sim\n", "Nobody knows the simulator"),
    ("web/shared/planted.py", "import offangle.web.matches\n", "Pages are grouped by feature"),
    ("../offangle_sim/play/planted.py", "import offangle_sim.demo\n", "The simulator: who plays and who writes"),
    ("../offangle_sim/truth/planted.py", "import offangle_sim.demo\n", "The simulator: who plays and who writes"),
    ("../offangle_sim/gsi/planted.py", "import offangle_sim.play\n", "The simulator: who plays and who writes"),
    ("../offangle_sim/server/planted.py", "import offangle_sim.play\n", "The simulator: who plays and who writes"),
    ("../offangle_sim/world/planted.py", "import offangle_sim.net\n", "The simulator: who plays and who writes"),
    ("../offangle_sim/planted.py", "import offangle_sim.match\n", "The simulator: who plays and who writes"),
    ("../offangle_sim/play/planted.py", "import offangle.live\n", "The simulator stands on core and frames alone"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every module by name and nothing in it: the contracts read as quickly as can be, and hold."""
    folder = tmp_path_factory.mktemp("layers")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for module in (ROOT / "src").rglob("*.py"):
        empty = folder / module.relative_to(ROOT)
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    return folder


def test_nothing_is_reported_where_nothing_is_imported(skeleton: Path) -> None:
    result = lint(skeleton)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"), PLANTED, ids=[f"{f}:{line.split()[1]}" for f, line, _ in PLANTED]
)
def test_a_planted_violation_is_reported(skeleton: Path, file: str, line: str, contract: str) -> None:
    planted = skeleton / "src" / "offangle" / file
    planted.write_text(f'"""Planted."""\n{line}', encoding="utf-8")
    try:
        result = lint(skeleton)
    finally:
        planted.unlink()
    assert result.returncode != 0
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), result.stdout
