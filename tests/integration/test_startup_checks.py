"""What `offangle doctor` finds: each fault with its remedy, and nothing on a sound installation."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from makers.installation import Installation, open_installation
from offangle.bootstrap import checks
from offangle.bootstrap.checks import CheckResult, run_checks
from offangle.config.settings import Settings


@pytest.fixture
def installation(transactional_db: None, tmp_path: Path) -> Iterator[Installation]:
    del transactional_db
    with open_installation(tmp_path) as opened:
        yield opened


def found(settings: Settings) -> dict[str, CheckResult]:
    return {result.name: result for result in run_checks(settings)}


def test_a_sound_installation_has_no_fault(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "FREE_BYTES_WANTED", 1)
    installation.work()
    results = found(installation.settings)
    assert {name for name, result in results.items() if not result.ok} == set()
    assert not [result for result in results.values() if result.remedy]


def test_a_missing_worker_is_found(installation: Installation) -> None:
    worker = found(installation.settings)["worker"]
    assert not worker.ok
    assert "offangle worker" in worker.remedy


def test_a_full_disk_is_found(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1024**3))
    disk = found(installation.settings)["disk"]
    assert not disk.ok
    assert disk.found.startswith("1.0 GiB")
    assert "OFFANGLE_DATA_DIR" in disk.remedy


def test_pending_migrations_are_found(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "pending_migrations", lambda: ["db.0002_more"])
    database = found(installation.settings)["database"]
    assert not database.ok
    assert "1 migrations pending" in database.found
    assert database.remedy


def test_a_store_without_credentials_is_found(installation: Installation) -> None:
    store = found(installation.settings.model_copy(update={"s3_bucket": "demos"}))["store"]
    assert not store.ok
    assert "OFFANGLE_S3_ACCESS_KEY" in store.found
    assert store.remedy


def test_one_fault_does_not_hide_the_others(installation: Installation) -> None:
    results = found(installation.settings.model_copy(update={"s3_bucket": "demos"}))
    assert not results["store"].ok
    assert not results["worker"].ok
    assert results["database"].ok
