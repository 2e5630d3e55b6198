"""The database that the settings name, as Django takes it."""

from pathlib import Path

import pytest

from offangle.config.django import database
from offangle.config.settings import Settings
from offangle.core.errors import SettingsError


def test_without_an_address_rows_are_in_the_data_folder(tmp_path: Path) -> None:
    found = database(Settings(data_dir=tmp_path, database_url=""))
    assert found["ENGINE"] == "django.db.backends.sqlite3"
    assert found["NAME"] == (tmp_path / "offangle.sqlite3").resolve()


def test_every_part_of_an_address_reaches_django() -> None:
    url = "postgresql://us%40er:p%2Fw@db.example.org:5433/na%20me?sslmode=verify-full&connect_timeout=5"
    found = database(Settings(database_url=url))
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["USER"], found["PASSWORD"]) == ("us@er", "p/w")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example.org", 5433, "na me")
    assert found["OPTIONS"] == {"sslmode": "verify-full", "connect_timeout": 5}
    assert found["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://user@host/name", "sqlite:///here.db", "foo://a/b", "postgresql://host:port/name"]
)
def test_another_address_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(SettingsError, match="OFFANGLE_DATABASE_URL") as caught:
        database(Settings(database_url=url))
    assert url not in f"{caught.value.message} {caught.value.hint}"
    assert "postgresql://" in caught.value.hint
