"""The supervisor with real processes: starts, restarts, merges logs, stops, and takes its children with it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from makers.waiting import until
from offangle.cli.processes import refuse_taken_port
from offangle.cli.supervisor import Program, Supervisor
from offangle.core.errors import SettingsError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks at processes through POSIX signals")

UP = "from offangle.cli.processes import run_up; raise SystemExit(run_up())"
SMALL = """
import sys
from offangle.cli.supervisor import Program, Supervisor, python
programs = [Program(name, python("-c", code)) for name, code in zip(sys.argv[1::2], sys.argv[2::2])]
Supervisor(programs, say=lambda line: print(line, flush=True)).run()
"""
CHILD = """
import os, sys, time
from offangle.bootstrap.lifeline import end_with_input
end_with_input()
print("pid", os.getpid(), flush=True)
while True: time.sleep(0.1)
"""
WITH_GRANDCHILD = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("grandchild", grandchild.pid, flush=True)
time.sleep(600)
"""


@dataclass
class Running:
    """A supervisor process and its log."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, pattern: str, *, count: int = 1, timeout_s: float = 60.0) -> list[str]:
        """Wait until the log has the pattern so often; its groups come back."""
        return (
            until(
                lambda: found if len(found := re.findall(pattern, self.text())) >= count else None,
                timeout_s=timeout_s,
                what=f"{pattern} in the log:\n{self.text()}",
            )
            or []
        )


@contextlib.contextmanager
def run(folder: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            start_new_session=True,
        )
    try:
        yield Running(process, log)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc").is_dir() else True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_lines_of_all_children_come_under_their_names(tmp_path: Path) -> None:
    with run(tmp_path, SMALL, "one", CHILD, "second", CHILD) as running:
        assert running.wait_for(r"one    \| pid (\d+)")
        assert running.wait_for(r"second \| pid (\d+)")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_children(tmp_path: Path, how: signal.Signals) -> None:
    with run(tmp_path, SMALL, "one", CHILD, "two", CHILD) as running:
        pids = [int(pid) for pid in running.wait_for(r"pid (\d+)", count=2)]
        running.process.send_signal(how)
        assert running.process.wait(30) == 0
    assert not [pid for pid in pids if is_alive(pid)]


def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    with run(tmp_path, SMALL, "one", CHILD, "two", CHILD) as running:
        pids = [int(pid) for pid in running.wait_for(r"pid (\d+)", count=2)]
        running.process.kill()
        running.process.wait()
        until(lambda: not [pid for pid in pids if is_alive(pid)], what="the children end themselves")


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    with run(tmp_path, SMALL, "one", CHILD) as running:
        (first,) = running.wait_for(r"pid (\d+)")
        os.kill(int(first), signal.SIGKILL)
        pids = running.wait_for(r"pid (\d+)", count=2)
        assert pids[0] != pids[1]
        assert running.wait_for(r"one ended \(SIGKILL\); starting it again in 0.5 s")


def test_a_child_that_keeps_dying_is_started_less_and_less_often(tmp_path: Path) -> None:
    with run(tmp_path, SMALL, "one", "raise SystemExit(3)") as running:
        delays = running.wait_for(r"one ended \(status 3\); starting it again in ([\d.]+) s", count=3)
        assert delays[:3] == ["0.5", "1", "2"]


def test_what_a_dead_child_had_started_goes_with_it(tmp_path: Path) -> None:
    with run(tmp_path, SMALL, "one", WITH_GRANDCHILD) as running:
        (grandchild,) = running.wait_for(r"grandchild (\d+)")
        parent = int(Path(f"/proc/{grandchild}/stat").read_text().rsplit(")", 1)[1].split()[1])
        os.kill(parent, signal.SIGKILL)
        until(lambda: not is_alive(int(grandchild)), what="the grandchild ends")


def test_a_child_that_does_not_stop_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offangle.cli.supervisor.STOP_GRACE_S", 0.2)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    lines: list[str] = []
    supervisor: Supervisor

    def look() -> None:
        if any("deaf" in line for line in lines):
            supervisor.stop()

    supervisor = Supervisor([Program("one", [sys.executable, "-c", deaf])], say=lines.append, on_look=look)
    supervisor.run()
    assert any("did not stop" in line for line in lines)


def test_a_taken_port_is_said_in_plain_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match="is in use") as refused:
            refuse_taken_port("127.0.0.1", taken.getsockname()[1])
    assert "OFFANGLE_PORT" in refused.value.hint


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot listen"):
        refuse_taken_port("192.0.2.1", 8730)


@pytest.mark.database
@pytest.mark.timed
def test_up_starts_everything_signs_in_once_and_stops(tmp_path: Path) -> None:
    port = free_port()
    data = {"OFFANGLE_DATA_DIR": str(tmp_path / "data"), "OFFANGLE_PORT": str(port)}
    with run(tmp_path, UP, **data) as running:
        assert running.wait_for(rf"Offangle is running at http://127.0.0.1:{port}/")
        assert running.wait_for(rf"http://127.0.0.1:{port}/sign-in/[\w-]{{20,}}/")
        assert running.wait_for(r"worker .* started")
        children = descendants_of(running.process.pid)
        started_s = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(60) == 0
        assert time.monotonic() - started_s < 30
    assert (tmp_path / "data" / "secret.key").exists()
    assert not [pid for pid in children if is_alive(pid)]


def test_up_killed_leaves_no_orphan(tmp_path: Path) -> None:
    data = {"OFFANGLE_DATA_DIR": str(tmp_path / "data"), "OFFANGLE_PORT": str(free_port())}
    with run(tmp_path, UP, **data) as running:
        running.wait_for(r"Offangle is running at")
        running.wait_for(r"worker .* started")
        children = descendants_of(running.process.pid)
        assert len(children) >= 3, "web, its server process, worker"
        running.process.kill()
        running.process.wait()
        until(lambda: not [pid for pid in children if is_alive(pid)], timeout_s=30.0, what="all end")


def descendants_of(pid: int) -> list[int]:
    """Processes that this one and its children started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, rest = stat.read_text().rsplit(")", 1)
            parents.setdefault(int(rest.split()[1]), []).append(int(name.split()[0]))
    found, wanted = [], [pid]
    while wanted:
        children = parents.get(wanted.pop(), [])
        found += children
        wanted += children
    return found
