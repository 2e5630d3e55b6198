"""What every template keeps to."""

import re
from pathlib import Path

import pytest

import offangle.web

TEMPLATES = Path(offangle.web.__file__).parent / "templates"
HEADING = re.compile(r'<h[1-6][^>]* id="[^"]+"[^>]*>(.*?)</h', re.DOTALL)
LANDMARK = re.compile(r'(?:role="region"|<section|<nav)[^>]* aria-label="([^"]+)"', re.DOTALL)


PATHS = {path.relative_to(TEMPLATES).as_posix(): path for path in sorted(TEMPLATES.rglob("*.html"))}


def names(pattern: re.Pattern[str], text: str) -> list[str]:
    return [" ".join(name.split()) for name in pattern.findall(text)]


@pytest.mark.parametrize("name", PATHS)
def test_landmarks_differ_in_name(name: str) -> None:
    """A section is named by its heading: what scrolls in it needs a name of its own."""
    text = PATHS[name].read_text(encoding="utf-8")
    landmarks = names(LANDMARK, text)
    assert not set(landmarks) & set(names(HEADING, text))
    assert len(landmarks) == len(set(landmarks))


def test_the_pattern_finds_the_landmarks() -> None:
    text = (TEMPLATES / "offangle" / "matches" / "tabs" / "checks.html").read_text(encoding="utf-8")
    assert HEADING.findall(text)
    assert LANDMARK.findall(text) == ["Table of checks"]
