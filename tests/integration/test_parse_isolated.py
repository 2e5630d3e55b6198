"""Reading files in a process of its own: every way to die is an error with a name, and nothing stays behind."""

import json
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
from offangle.processes.children import ENVIRONMENT, ChildCancelledError, ChildLimits

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


@pytest.mark.parametrize("fault", ["be_killed", "be_told_to_stop"])
def test_a_death_that_came_from_outside_may_not_come_again(faulty: Faulty, fault: str) -> None:
    with pytest.raises(ParserCrashError) as caught:
        faulty.run(fault)
    assert not caught.value.permanent


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("fault", ["disk_full", "native_disk_full"])
def test_a_full_disk_is_nobodys_fault_and_may_have_room_again(faulty: Faulty, fault: str) -> None:
    with pytest.raises(TransientError, match="disk is full") as caught:
        faulty.run(fault)
    assert caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's limits are those of Linux")
@pytest.mark.parametrize(
    ("fault", "limits", "says"),
    [
        ("grab", ChildLimits(), "needs more memory than it may have"),
        ("native_grab", ChildLimits(memory_bytes=512 * MIB), "took more than 536,870,912 bytes of memory"),
        ("spin", ChildLimits(cpu_s=0.5), "reading the file computed longer than 2 s and was stopped"),
        ("too_many_files", ChildLimits(), "opened more files than it may"),
    ],
)
def test_the_kernel_holds_the_limits(faulty: Faulty, fault: str, limits: ChildLimits, says: str) -> None:
    with pytest.raises(ParserCrashError, match=says) as caught:
        faulty.run(fault, limits)
    assert caught.value.permanent


def test_one_file_cannot_be_written_larger_than_all_may_be(faulty: Faulty) -> None:
    with pytest.raises(LimitExceededError, match="larger than"):
        faulty.run("one_large_file", ChildLimits(output_bytes=MIB))


def test_what_lies_in_folders_counts_too(faulty: Faulty) -> None:
    with pytest.raises(LimitExceededError, match="larger than"):
        faulty.run("nest", ChildLimits(output_bytes=MIB - 1))


def test_a_message_without_end_is_cut(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offangle.processes.children.MOST_MESSAGE_BYTES", MIB)
    with pytest.raises(ParserCrashError, match="said more than 1,048,576 bytes at once"):
        faulty.run("rant")


def test_more_progress_than_anybody_reads_is_dropped_and_the_end_is_not(faulty: Faulty) -> None:
    assert faulty.run("chatter").rows == {}


def test_whoever_is_left_behind_holds_nobody_up(faulty: Faulty) -> None:
    assert faulty.run("leave_somebody_behind").wall_s < 30


def test_no_secret_of_the_environment_reaches_a_child(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFANGLE_SECRET_KEY", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    faulty.run("show_environment")
    set_by_python_and_polars = {"LC_CTYPE", "_RJEM_MALLOC_CONF"}
    assert set((faulty.out_dir / "environment").read_text().split()) <= {*ENVIRONMENT, *set_by_python_and_polars}


PARENT = """
import sys
from pathlib import Path
from offangle.parsing.isolated import parse_isolated
parse_isolated(Path(sys.argv[1]), "demo", Path(sys.argv[2]), worker_module=sys.argv[3])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere native code has to let go first")
def test_a_child_ends_with_its_parent_even_inside_native_code(faulty: Faulty) -> None:
    faulty.order.write_text("hold_on")
    arguments = [str(faulty.order), str(faulty.out_dir), "makers.faulty_worker"]
    with subprocess.Popen([sys.executable, "-c", PARENT, *arguments]) as parent:
        pid_file = faulty.out_dir / "pid"
        until(lambda: pid_file.exists() and pid_file.read_text(), what="the child holds on")
        parent.kill()
    until(lambda: not group_lives(int(pid_file.read_text())), what="the child is gone")


def test_a_child_ends_when_its_standard_input_does(tmp_path: Path) -> None:
    order = tmp_path / "recording.dem"
    os.mkfifo(order)  # the worker blocks on opening it, like on a slow disk
    terms = json.dumps({"parent": os.getpid(), "niceness": 0, "given_bytes": 3})
    inside = [sys.executable, "-m", "offangle.processes.inside", terms, "offangle.parsing.demo_worker"]
    for given in (b"", b"abc"):  # while it is handed over, and afterwards
        worker = subprocess.Popen(
            [*inside, str(order), str(tmp_path), "16.0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert worker.stdin is not None
        worker.stdin.write(given)
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
