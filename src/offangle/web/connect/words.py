"""Why a post was not taken, in the words of whoever can do something about it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REFUSALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token_rotated": "The file is older than the token's present secret: rotate the token and download a new one.",
        "token_revoked": "The token is revoked: make a new one and download its file.",
        "token_unknown": "The token is none of this installation's: make one here and download its file.",
        "token_missing": "The file holds no token: download it again.",
        "other_account": "The game plays with another Steam account than the token is for: make a token for that one.",
        "stray_token": "The token stood outside of auth and would have been stored: choose another name in the game.",
        "not_json": "The post was no JSON: send it as the game makes it.",
        "not_cs2": "The post came from another game: only Counter-Strike 2 is followed.",
        "no_provider": 'The post did not say whose it is: the file must ask for "provider". Download it again.',
        "overloaded": "Too many posts waited to be stored. The game sends them again by itself.",
        "not_stored": "The post could not be stored: see the server's log. The game sends it again by itself.",
    }
)
"""By cause, as the last refusal of a token or an account keeps it."""


def refusal_text(cause: str) -> str:
    """What was wrong and what to do."""
    return REFUSALS.get(cause, f"The post was refused ({cause}).")
