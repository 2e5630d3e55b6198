"""The file that makes the game send its state: `gamestate_integration_offangle.cfg`."""

from typing import Final
from urllib.parse import urlsplit

from offangle.core.errors import BadInputError

FILE_NAME: Final = "gamestate_integration_offangle.cfg"
POST_PATH: Final = "/gsi"
TIMING: Final = {
    "timeout": "5.0",  # seconds until the game gives a post up
    "buffer": "0.1",  # seconds in which the game collects changes
    "throttle": "0.1",  # seconds between an answer and the next post
    "heartbeat": "30.0",  # seconds between posts when nothing changes
}
OUTPUT: Final = {"precision_time": "3", "precision_position": "1", "precision_vector": "3"}
COMPONENTS: Final = (
    "provider",
    "map",
    "map_round_wins",
    "round",
    "player_id",
    "player_state",
    "player_weapons",
    "player_match_stats",
    # What follows is sent to spectators and in playback only: its presence tells Offangle which of the two it is.
    "player_position",
    "phase_countdowns",
    "bomb",
    "allgrenades",
    "allplayers_id",
    "allplayers_state",
    "allplayers_weapons",
    "allplayers_match_stats",
    "allplayers_position",
)


def gsi_config(base_url: str, secret: str) -> str:
    """The file's text, in the game's own KeyValues form.

    Args:
        base_url: Where the game reaches Offangle, without a trailing slash.
        secret: Of the token.

    Raises:
        BadInputError: The address or the secret cannot stand in such a file.
    """
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
        raise BadInputError(f"{base_url!r} is no address that the game can post to", hint="Set OFFANGLE_PUBLIC_URL.")
    blocks = {
        "auth": {"token": secret},
        "output": OUTPUT,
        "data": dict.fromkeys(COMPONENTS, "1"),
    }
    lines = ['"Offangle"', "{", *_pairs({"uri": f"{base_url}{POST_PATH}", **TIMING}, "    ")]
    for name, pairs in blocks.items():
        lines += [f'    "{name}"', "    {", *_pairs(pairs, "        "), "    }"]
    return "\n".join([*lines, "}", ""])


def _pairs(pairs: dict[str, str], indent: str) -> list[str]:
    return [f"{indent}{_quoted(name)} {_quoted(value)}" for name, value in pairs.items()]


def _quoted(text: str) -> str:
    """A word of the file; what would end it early or span lines is refused."""
    if not text.isprintable() or '"' in text or "\\" in text:
        raise BadInputError("the game's configuration cannot hold this text", hint="Set OFFANGLE_PUBLIC_URL plainly.")
    return f'"{text}"'
