"""Reading files in a process of its own: every way to die is an error with a name, and nothing stays behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from makers.toy_demo import ToyDemo, toy_demo
from makers.waiting import until
from offangle.core.errors import BadInputError, LimitExceededError, ParserCrashError, TransientError
from offangle.frames.collection import check
from offangle.parsing.isolated import ParsedTables, parse_isolated
from offangle.parsing.reader import read_match_file
from offangle.processes.children import ChildCancelledError, ChildLimits

__all__ = ["toy_demo"]

TESTS = Path(__file__).resolve().parents[1]
MIB = 1 << 20

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the faults are those of POSIX processes")


@pytest.fixture(autouse=True)
def _worker_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))


class Faulty:
    """Runs the faulty worker in one of its modes."""

    def __init__(self, folder: Path) -> None:
        self.order = folder / "order"
        self.out_dir = folder / "out"
        self.stages: list[str] = []

    def run(self, fault: str, limits: ChildLimits | None = None, *, cancel_at: str = "") -> ParsedTables:
        self.order.write_text(fault)
        return parse_isolated(
            self.order,
            "demo",
            self.out_dir,
            limits=limits,
            progress=lambda stage, _share: self.stages.append(stage),
            is_cancelled=lambda: bool(cancel_at) and cancel_at in self.stages,
            worker_module="makers.faulty_worker",
        )

    def left_behind(self) -> list[str]:
        return [file.name for file in self.out_dir.glob("*.parquet")]


@pytest.fixture
def faulty(tmp_path: Path) -> Faulty:
    return Faulty(tmp_path)


def test_a_hang_ends_at_the_limit(faulty: Faulty) -> None:
    began = time.monotonic()
    with pytest.raises(ParserCrashError, match=r"longer than 1\.5 s") as caught:
        faulty.run("hang", ChildLimits(wall_s=1.5))
    assert time.monotonic() - began < 30  # a busy machine starts and ends processes slowly; a hang would take for ever
    assert caught.value.permanent


def test_memory_ends_at_the_limit(faulty: Faulty) -> None:
    with pytest.raises(ParserCrashError, match="bytes of memory") as caught:
        faulty.run("eat_memory", ChildLimits(memory_bytes=256 * MIB))
    assert caught.value.permanent


def test_output_ends_at_the_limit(faulty: Faulty) -> None:
    with pytest.raises(LimitExceededError, match="larger than"):
        faulty.run("keep_writing", ChildLimits(output_bytes=8 * MIB))
    assert faulty.left_behind() == []


def test_output_is_measured_once_more_at_the_end(faulty: Faulty) -> None:
    with pytest.raises(LimitExceededError, match="larger than"):
        faulty.run("flood", ChildLimits(output_bytes=MIB - 1))
    assert faulty.left_behind() == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("crash", "SIGSEGV"),
        ("abort", "SIGABRT"),
        ("lie", "SIGABRT"),
        ("vanish", "status 0"),
        ("complain", "status 7: something broke"),
        ("panic", "PanicException"),
    ],
)
def test_a_death_has_a_name(faulty: Faulty, fault: str, says: str) -> None:
    with pytest.raises(ParserCrashError, match=says) as caught:
        faulty.run(fault)
    assert caught.value.permanent


def test_a_typed_error_comes_through(faulty: Faulty) -> None:
    with pytest.raises(BadInputError, match="no good") as caught:
        faulty.run("refuse")
    assert (caught.value.hint, caught.value.permanent) == ("try another", True)


def test_noise_does_not_hurt_a_good_result(faulty: Faulty) -> None:
    parsed = faulty.run("babble")
    assert parsed.scan("a").collect().rows() == [(1,)]


def test_cancel_stops_at_once_and_may_be_tried_again(faulty: Faulty) -> None:
    with pytest.raises(ChildCancelledError) as caught:
        faulty.run("hang", cancel_at="hanging")
    assert not caught.value.permanent


def test_grandchildren_die_too(faulty: Faulty) -> None:
    with pytest.raises(ChildCancelledError):
        faulty.run("spawn", cancel_at="spawned")
    group = int((faulty.out_dir / "group").read_text())
    until(lambda: not group_lives(group), what="the worker's process group is gone")


def group_lives(group: int) -> bool:
    states = [file.read_text().rsplit(")", 1)[1].split() for file in Path("/proc").glob("[0-9]*/stat") if file.exists()]
    return any(int(state[2]) == group and state[0] != "Z" for state in states)


def test_the_worker_does_not_outlive_its_parent(tmp_path: Path) -> None:
    order = tmp_path / "recording.dem"
    os.mkfifo(order)  # the worker blocks on opening it, like on a slow disk
    worker = subprocess.Popen(
        [sys.executable, "-m", "offangle.parsing.demo_worker", str(order), str(tmp_path), "16.0", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(timeout=30) == 3
    assert worker.stdout is not None
    worker.stdout.close()


def test_a_file_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="No such file"):
        parse_isolated(tmp_path / "gone.dem", "demo", tmp_path / "out")


def test_what_is_no_demo_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "text.dem"
    path.write_text("not a demo at all")
    with pytest.raises(BadInputError, match="not a demo"):
        parse_isolated(path, "demo", tmp_path / "out")


@pytest.mark.shared
def test_the_tables_are_those_of_reading_directly(toy_demo: ToyDemo, tmp_path: Path) -> None:
    stages: list[str] = []
    parsed = parse_isolated(
        toy_demo.path, "demo", tmp_path / "out", progress=lambda stage, _share: stages.append(stage)
    )
    direct = read_match_file(toy_demo.path, "demo")
    loaded = check(parsed.load())
    assert set(loaded) == set(direct)
    for name in direct:
        assert loaded[name].equals(direct[name]), name
        assert parsed.rows[name] == direct[name].height
    assert not loaded.has("bullets")
    assert {"events", "players", "completion", "tables", "write"} <= set(stages)
    assert parsed.peak_memory_bytes > 0
    assert parsed.wall_s > 0


def test_the_process_that_asks_holds_no_parser() -> None:
    program = (
        "import sys, offangle.parsing.isolated;"
        "sys.exit(bool({'awpy', 'demoparser2', 'pandas', 'offangle.parsing.demo'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
