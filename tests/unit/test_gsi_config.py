"""The file that makes the game post."""

import re

import pytest

from offangle.core.errors import BadInputError
from offangle.flows.people.gsi_config import COMPONENTS, FILE_NAME, gsi_config

TOKEN = re.compile(r'"([^"]*)"|([{}])')


def parsed(text: str) -> dict[str, object]:
    """A minimal reader of the game's KeyValues form."""
    words = iter(TOKEN.findall(text))
    root: dict[str, object] = {}
    stack = [root]
    key = ""
    for word, brace in words:
        if brace == "{":
            block: dict[str, object] = {}
            stack[-1][key] = block
            stack.append(block)
            key = ""
        elif brace == "}":
            stack.pop()
        elif key:
            stack[-1][key], key = word, ""
        else:
            key = word
    assert len(stack) == 1
    return root


def test_the_game_finds_it_by_its_name() -> None:
    assert re.fullmatch(r"gamestate_integration_\w+\.cfg", FILE_NAME)


def test_address_token_and_timing_are_in_it() -> None:
    file = parsed(gsi_config("https://offangle.example", "ofg_secret"))["Offangle"]
    assert isinstance(file, dict)
    assert file["uri"] == "https://offangle.example/gsi"
    assert file["auth"] == {"token": "ofg_secret"}
    assert {name: file[name] for name in ("timeout", "buffer", "throttle", "heartbeat")} == {
        "timeout": "5.0",
        "buffer": "0.1",
        "throttle": "0.1",
        "heartbeat": "30.0",
    }
    assert set(file["output"]) == {"precision_time", "precision_position", "precision_vector"}
    assert file["data"] == dict.fromkeys(COMPONENTS, "1")


def test_every_component_is_asked_for_also_those_of_spectators() -> None:
    assert len(set(COMPONENTS)) == len(COMPONENTS) == 17
    assert {"provider", "allplayers_position", "phase_countdowns", "map_round_wins"} <= set(COMPONENTS)


@pytest.mark.parametrize("url", ["", "offangle.example", "ftp://x", 'http://x"y', "http://x\ny", "http://x\\y"])
def test_what_would_break_the_file_is_refused(url: str) -> None:
    with pytest.raises(BadInputError):
        gsi_config(url, "ofg_secret")


def test_a_secret_cannot_end_its_word() -> None:
    with pytest.raises(BadInputError):
        gsi_config("http://x", 'a" "b')
