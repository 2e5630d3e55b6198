"""Fixtures that every test folder may use."""

from pathlib import Path

import pytest

from makers.postgres import fresh_postgres_url, postgres_server

__all__ = ["fresh_postgres_url", "postgres_server"]

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real matches that lies beside the repository; never part of it."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            f"real matches are not here: {folder.relative_to(REPOSITORY.parent)} beside the repository is absent"
        )
    return folder
