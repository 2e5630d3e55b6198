"""The pages that are made from the code are as the code makes them."""

import json
import re
from pathlib import Path

import pytest

from offangle.cli.reference import PAGES
from offangle.config.settings import Settings
from offangle.web.shared.api import problems

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_the_one_the_code_makes(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == PAGES[name](), "run `python -m offangle.cli.reference docs/reference` and commit the result"


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_api_page_names_every_address_and_no_other() -> None:
    page = (FOLDER / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([A-Z]+ /api/v1/\S+)` \|", page, flags=re.MULTILINE))
    document = json.loads(PAGES["openapi.json"]())
    assert named == {
        f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations
    }


def test_the_api_page_names_every_kind_of_problem_and_no_other() -> None:
    page = (FOLDER / "api.md").read_text(encoding="utf-8")
    named = {
        (int(row[1]), slug)
        for row in re.finditer(r"^\| (\d{3}) \| (.*) \|$", page, flags=re.MULTILINE)
        for slug in re.findall(r"urn:offangle:problem:([a-z-]+)", row[2])
    }
    assert named == {(kind.status, kind.slug) for kind in vars(problems).values() if isinstance(kind, problems.Kind)}
