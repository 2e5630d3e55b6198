"""Commands that work on the installation's data: import, export, users, tokens, doctor."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from makers.installation import Installation, open_installation, write_match
from offangle.cli import waiting
from offangle.cli.commands import doctor, export, import_files, reanalyse, token, user
from offangle.cli.main import main
from offangle.db.models import ApiToken, Demo, ImportRecord, Match, SteamAccount, User
from offangle.db.queries import tokens
from offangle.flows.people.sign_in import redeem

STEAM_ID = 76561198000000001


@pytest.fixture
def installation(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    del transactional_db  # the worker sees only what is committed
    folder = tmp_path / "data"
    folder.mkdir()
    with open_installation(folder) as opened:
        for module in (export, import_files, reanalyse, token, user):
            monkeypatch.setattr(module, "start", lambda: opened.services)
        monkeypatch.setattr(doctor, "load_settings", lambda: opened.settings)
        yield opened


@pytest.fixture
def run(installation: Installation, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command; gives the exit code, standard output and standard error."""
    del installation

    def running(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return running


def test_import_waits_until_matches_are_published(run: Any, installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "matches"
    (folder / "inside").mkdir(parents=True)
    write_match(folder / "one.zip", 1)
    write_match(folder / "inside" / "two.zip", 2)
    (folder / "notes.txt").write_text("not a match")
    installation.work()
    code, out, err = run("import", "--wait", "--json", folder)
    assert code == 0, err
    rows = json.loads(out)
    assert [row["name"] for row in rows] == ["two.zip", "one.zip"]
    assert all(row["state"] == "published" and row["match_id"] for row in rows)
    assert Match.objects.count() == 2
    assert {record.source for record in ImportRecord.objects.all()} == {"cli"}

    code, out, _ = run("import", "--wait", folder / "one.zip")
    assert code == 0
    assert out.startswith("published one.zip: ")
    assert Demo.objects.count() == 2

    target = tmp_path / "out"
    match = Match.objects.order_by("pk").first()
    assert match is not None
    code, out, err = run("export", target, "--match", match.pk, "--table", "kills", "--format", "csv")
    assert code == 0, err
    kills = pl.read_csv(target / f"{match.map_name}-{match.pk}" / "kills.csv")
    assert kills.height > 0
    assert run("export", target)[0] == 0
    assert len(list(target.iterdir())) == 2

    code, out, _ = run("reanalyse", "--force")
    assert (code, out) == (0, "2 files queued for the worker.\n")


def test_one_refused_file_does_not_stop_the_others(run: Any, tmp_path: Path) -> None:
    write_match(tmp_path / "good.zip")
    (tmp_path / "bad.dem").write_bytes(b"HL2DEMO\0")
    code, out, _ = run("import", tmp_path / "bad.dem", tmp_path / "good.zip")
    assert code == 1
    assert out.splitlines()[0].startswith("refused bad.dem: CS:GO demo")
    assert out.splitlines()[1] == "queued good.zip"
    assert ImportRecord.objects.get(original_name="bad.dem").error


def test_waiting_without_a_worker_ends_with_the_remedy(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "NO_WORKER_PATIENCE_S", 0.1)
    monkeypatch.setattr(waiting, "POLL_S", 0.05)
    code, _, err = run("import", "--wait", write_match(tmp_path / "one.zip"))
    assert code == 1
    assert "no worker runs" in err
    assert Demo.objects.get().state == Demo.State.QUEUED


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_nothing_to_import_is_bad_input(run: Any, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = run("import", tmp_path / what)
    assert (code, out) == (1, "")
    assert "hint:" in err


def test_export_refuses_unknown_formats_tables_and_matches(run: Any, tmp_path: Path) -> None:
    assert run("export", tmp_path, "--format", "xlsx")[0] == 2
    assert run("export", tmp_path)[0] == 1
    assert run("export", tmp_path, "--match", "not-an-id")[0] == 1


def test_users_are_made_listed_and_let_in(run: Any) -> None:
    code, out, _ = run("user", "create", "Ann", "--email", "ann@example.org", "--admin")
    assert code == 0
    assert redeem(out.strip().rstrip("/").rpartition("/")[2]).username == "Ann"
    assert run("user", "create", "ann")[0] == 1
    assert run("user", "create", "\n")[0] == 1
    code, out, _ = run("user", "link", "ANN")
    assert redeem(out.strip().rstrip("/").rpartition("/")[2]).username == "Ann"
    assert json.loads(run("user", "list", "--json")[1])[0]["is_admin"] is True
    assert "ann@example.org" in run("user", "list")[1]
    code, _, err = run("user", "link", "nobody")
    assert code == 1
    assert "nobody" in err


def test_passwords_are_checked_and_set(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run("user", "create", "ann")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert run("user", "set-password", "ann", "--stdin")[0] == 1
    monkeypatch.setattr(sys, "stdin", io.StringIO("a much longer pass phrase\n"))
    code, out, err = run("user", "set-password", "ann", "--stdin")
    assert code == 0, err
    assert User.objects.get(username="ann").check_password("a much longer pass phrase")
    assert "pass phrase" not in out + err


def test_steam_accounts_are_claimed_once(run: Any) -> None:
    run("user", "create", "ann")
    run("user", "create", "bob")
    assert run("user", "add-steam", "ann", STEAM_ID)[0] == 0
    assert run("user", "add-steam", "ann", STEAM_ID)[0] == 0
    assert run("user", "add-steam", "bob", STEAM_ID)[0] == 1
    assert run("user", "add-steam", "bob", 12345)[0] == 1
    account = SteamAccount.objects.get()
    assert account.user is not None
    assert account.user.username == "ann"


def test_tokens_are_shown_once_and_revoked(run: Any) -> None:
    code, secret, err = run("token", "create", "ci")
    assert code == 0
    assert secret.strip() not in err
    assert tokens.authenticate(secret.strip()) is not None
    code, out, _ = run("token", "list", "--json")
    (row,) = json.loads(out)
    assert (row["name"], row["revoked_at"]) == ("ci", None)
    assert secret.strip() not in out
    assert run("token", "revoke", row["id"])[0] == 0
    assert tokens.authenticate(secret.strip()) is None
    assert "revoked" in run("token", "list")[1]
    assert run("token", "revoke", 999)[0] == 1
    assert run("token", "create", " ")[0] == 1
    assert run("token", "create", "x", "--user", "nobody")[0] == 1
    assert ApiToken.objects.count() == 1


def test_the_doctor_names_the_remedy(run: Any) -> None:
    code, out, _ = run("doctor", "--json")
    assert code == 1
    found = {result["name"]: result for result in json.loads(out)}
    assert found["database"]["ok"]
    assert found["store"]["ok"]
    assert not found["worker"]["ok"]
    assert "offangle worker" in found["worker"]["remedy"]
    code, out, _ = run("doctor")
    assert code == 1
    assert "remedy: Start one with" in out
