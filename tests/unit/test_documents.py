"""What the documents name exists: links, commands, make targets, settings."""

import re
from pathlib import Path

import pytest

from offangle.cli.registry import COMMANDS
from offangle.config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
COMMAND = re.compile(r"(?:^|[\s`/\\])offangle ([a-z][a-z-]+)", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
SETTING = re.compile(r"\bOFFANGLE_[A-Z0-9_]+\b")
TARGET = re.compile(r"\bmake ([a-z][a-z-]+)")
FOR_TESTS = {"OFFANGLE_TEST_KILLS", "OFFANGLE_TEST_POSTGRES_URL", "OFFANGLE_REQUIRE_POSTGRES", "OFFANGLE_DEMOWRITER"}

FOR_COMMANDS = {"OFFANGLE_GSI_TOKEN"}  # of one command, so that the secret need not stand in its arguments


def code_of(page: Path) -> str:
    return "\n".join(CODE.findall(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_exists(page: Path) -> None:
    named = set(COMMAND.findall(code_of(page)))
    assert named - {entry.name for entry in COMMANDS} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_exists(page: Path) -> None:
    known = {f"OFFANGLE_{name.upper()}" for name in Settings.model_fields} | FOR_TESTS | FOR_COMMANDS
    assert set(SETTING.findall(page.read_text(encoding="utf-8"))) - known == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(TARGET.findall(code_of(page))) - targets == set()


RECIPE = re.compile(r"^### (A new [^\n]+)\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
A_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
BASES = (ROOT, ROOT / "src" / "offangle", ROOT / "src" / "offangle" / "web" / "matches")


def recipes() -> dict[str, list[str]]:
    """The files and folders that each recipe of CONTRIBUTING sends people to."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return {title: A_PATH.findall(body) for title, body in RECIPE.findall(text)}


@pytest.mark.parametrize("title", recipes())
def test_every_file_of_a_recipe_is_where_it_says(title: str) -> None:
    paths = recipes()[title]
    assert paths, "a recipe that names no file leads nowhere"
    assert [path for path in paths if not any((base / path).exists() for base in BASES)] == []
