"""`offangle up`, `web`, `worker`, `gsi serve`: which processes there are and how each begins.

The programs themselves are the modules `child_prepare`, `child_web`, `child_worker`, `child_gsi`: they load all of
Offangle, which the command line and the supervisor do not.
"""

import errno
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import webbrowser
from dataclasses import dataclass
from typing import Any, Final

from offangle.cli.supervisor import Program, Supervisor, python
from offangle.config.settings import Settings, load_settings
from offangle.core.errors import OffangleError, SettingsError

PREPARE: Final = "offangle.cli.child_prepare"
WEB: Final = "offangle.cli.child_web"
WORKER: Final = "offangle.cli.child_worker"
GSI: Final = "offangle.cli.child_gsi"

EXIT_OK: Final = 0
EXIT_BAD_INPUT: Final = 1
ANSWER_TIMEOUT_S: Final = 0.5
ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 -- compared with, not bound


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the first child found or made."""

    sign_in_url: str


def run_up(*, open_browser: bool | None = None) -> int:
    """Prepare the data, run web and worker until told to stop, and return the exit status.

    Args:
        open_browser: Whether to open the pages; None leaves it to the settings and to whether there is a desktop.
    """
    try:
        settings = load_settings()
        refuse_taken_port(settings.host, settings.port)
        prepared = prepare(settings)
    except OffangleError as error:
        return _complain(error)
    wanted = settings.open_browser if open_browser is None else open_browser
    greeting = _Greeting(settings, prepared, opens_browser=wanted and has_desktop())
    programs = [Program("web", python("-m", WEB)), Program("worker", python("-m", WORKER))]
    Supervisor(programs, say=_say, on_look=greeting.look).run()
    _say("Offangle has stopped.")
    return EXIT_OK


def run_web() -> int:
    """Answer requests until told to stop, and return the exit status."""
    return _run_child(WEB)


def run_worker() -> int:
    """Do jobs until told to stop, and return the exit status."""
    return _run_child(WORKER)


def run_gsi() -> int:
    """Take the posts of game clients, and serve nothing else, until told to stop; returns the exit status."""
    return _run_child(GSI)


def refuse_taken_port(host: str, port: int) -> None:
    """Find out early and in plain words.

    Raises:
        SettingsError: Something listens there already, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # without it a port that was in use a moment ago counts as taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SettingsError(
                    f"port {port} on {host} is in use",
                    hint="Offangle may be running already: stop it, or choose another port with OFFANGLE_PORT.",
                ) from error
            raise SettingsError(
                f"cannot listen on {host}, port {port}: {error.strerror}",
                hint="Choose another address with OFFANGLE_HOST or another port with OFFANGLE_PORT.",
            ) from error


def prepare(settings: Settings) -> Prepared:
    """Migrate, and make the owner and a sign-in link, in a process of its own.

    Raises:
        SettingsError: It failed; the message is what it said.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(python("-m", PREPARE), check=False, stdout=subprocess.PIPE, text=True, encoding="utf-8")  # noqa: S603 -- our own program
    answer: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
    if done.returncode != 0 or "sign_in_url" not in answer:
        raise SettingsError(
            answer.get("error", f"the data could not be prepared (status {done.returncode})"),
            hint=answer.get("hint", "The lines above say why; `offangle doctor` may know more."),
        )
    return Prepared(str(answer["sign_in_url"]))


def has_desktop() -> bool:
    """Whether a browser that opens would be seen by somebody."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class _Greeting:
    """Says, once, where Offangle is, as soon as it answers there."""

    def __init__(self, settings: Settings, prepared: Prepared, *, opens_browser: bool) -> None:
        self._settings = settings
        self._prepared = prepared
        self._opens_browser = opens_browser
        self._said = False

    def look(self) -> None:
        if self._said or not answers(self._settings.host, self._settings.port):
            return
        self._said = True
        _say(f"Offangle is running at {self._settings.base_url}/")
        _say(f"Sign in as the owner (once, within the hour): {self._prepared.sign_in_url}")
        _say("Stop it with Ctrl-C.")
        if self._opens_browser:
            threading.Thread(target=webbrowser.open, args=(self._prepared.sign_in_url,), daemon=True).start()


def answers(host: str, port: int) -> bool:
    """Whether a web server answers there, whatever it says."""
    address = "127.0.0.1" if host in ANY_ADDRESS else host
    connection = http.client.HTTPConnection(address, port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def _run_child(module: str) -> int:
    """Become the program (POSIX), or run it and wait (Windows, where a process cannot become another)."""
    try:
        load_settings()
    except OffangleError as error:
        return _complain(error)
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(sys.executable, python("-m", module))  # noqa: S606 -- our own program, arguments as a list
    return subprocess.run(python("-m", module), check=False).returncode  # noqa: S603 -- see above


_printing = threading.Lock()


def _say(line: str) -> None:
    with _printing:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _complain(error: OffangleError) -> int:
    sys.stderr.write(f"error: {error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))
    return EXIT_BAD_INPUT
