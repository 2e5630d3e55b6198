"""The pages that are made from the code are as the code makes them."""

from pathlib import Path

import pytest

from offangle.cli.reference import PAGES
from offangle.config.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_the_one_the_code_makes(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == PAGES[name](), "run `python -m offangle.cli.reference docs/reference` and commit the result"


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
