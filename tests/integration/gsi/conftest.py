"""An installation that game clients post to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from makers import environment
from makers.gsi_server import GsiServer


@pytest.fixture
def gsi_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GsiServer]:
    """A server of its own on the database that the tests run on; not started yet, surely gone afterwards."""
    is_postgres = environment.asked_for([]) == "postgres"
    server = GsiServer(tmp_path, request.getfixturevalue("prepared_postgres_url") if is_postgres else "")
    yield server
    server.kill()
