"""Exit codes and messages, whatever goes wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from offangle.cli import main as program
from offangle.cli.lazy import LazyGroup
from offangle.cli.main import main
from offangle.cli.registry import COMMANDS
from offangle.core.errors import BadInputError, ContractError, SettingsError, TransientError


@pytest.mark.parametrize(
    "arguments",
    [["frobnicate"], ["analyze"], ["analyze", "--nope", "x"], ["token", "revoke", "many"], ["user", "create"]],
)
def test_wrong_usage_is_2_with_a_hint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert "--help" in printed.err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    printed = capsys.readouterr().out
    for entry in COMMANDS:
        assert entry.name in printed


def test_wrong_usage_is_json_where_json_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["error"]["exit_code"] == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("this [file] is odd", hint="try another"), 1),
        (TransientError("the store sleeps"), 1),
        (SettingsError("OFFANGLE_PORT: no"), 2),
        (ContractError("our own fault"), 3),
        (ValueError("nobody foresaw this"), 3),
    ],
)
def test_errors_are_one_message_and_an_exit_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(LazyGroup, "get_command", failing)
    assert main(["doctor"]) == code
    printed = capsys.readouterr().err
    assert str(error) in printed
    assert "Traceback" not in printed
    with pytest.raises(type(error)):
        main(["--debug", "doctor"])


def test_every_command_has_the_summary_that_the_list_shows(capsys: pytest.CaptureFixture[str]) -> None:
    for entry in COMMANDS:
        assert main([entry.name, "--help"]) == 0
        shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
        assert entry.summary in shown, entry.name


def test_the_program_starts_without_loading_what_it_does_not_need(tmp_path: Path) -> None:
    look = (
        "import sys; from offangle.cli.main import main; main(['--version']); main(['analyze', '--help']);"
        "print(sorted({'django', 'dbos', 'obstore', 'awpy', 'demoparser2', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert list(tmp_path.iterdir()) == []


def test_the_entry_point_exits_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["offangle", "analyze", "nowhere.dem"])
    with pytest.raises(SystemExit) as ended:
        program.run()
    assert ended.value.code == 1
