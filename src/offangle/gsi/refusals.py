"""Why a post is not taken, as the client and the counters are told."""

from typing import Final

import msgspec


class Refusal:
    """A cause with its status and its answer, encoded once.

    Args:
        status: HTTP status.
        cause: One word for counters and programs.
        detail: For people: what is wrong and what to do.
        headers: Further response headers.
    """

    __slots__ = ("body", "cause", "detail", "headers", "status")

    def __init__(self, status: int, cause: str, detail: str, *headers: tuple[bytes, bytes]) -> None:
        self.status = status
        self.cause = cause
        self.detail = detail
        self.body = msgspec.json.encode({"status": status, "cause": cause, "detail": detail})
        self.headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(self.body)),
            *headers,
        ]


MOST_BODY_BYTES: Final = 256 * 1024
"""A playing client sends 2 KB, a spectator of ten players about 20 KB."""
_RETRY: Final = (b"retry-after", b"1")
_BEARER: Final = (b"www-authenticate", b'GSI realm="offangle"')

WRONG_METHOD: Final = Refusal(405, "method", "Game clients POST here.", (b"allow", b"POST"))
TOO_LARGE: Final = Refusal(413, "too_large", f"A post has at most {MOST_BODY_BYTES} bytes.", (b"connection", b"close"))
TOO_SLOW: Final = Refusal(408, "too_slow", "The body did not arrive in time.", (b"connection", b"close"))
NOT_JSON: Final = Refusal(400, "not_json", "The body is not a JSON object in UTF-8: send it as the game makes it.")
NOT_CS2: Final = Refusal(400, "not_cs2", "provider.appid is not 730: Offangle follows Counter-Strike 2 only.")
NO_PROVIDER: Final = Refusal(
    400, "no_provider", 'provider.steamid is missing: ask for "provider" "1" in the configuration file.'
)
STRAY_TOKEN: Final = Refusal(
    400, "stray_token", "The token occurs outside of auth and would have been stored: choose another name in the game."
)
TOKEN_MISSING: Final = Refusal(
    401, "token_missing", "auth.token is missing: download the configuration file again.", _BEARER
)
TOKEN_UNKNOWN: Final = Refusal(
    401, "token_unknown", "The token is unknown or revoked: download the configuration file again.", _BEARER
)
OTHER_ACCOUNT: Final = Refusal(
    403, "other_account", "The token belongs to another Steam account than the one that plays."
)
OVERLOADED: Final = Refusal(503, "overloaded", "Too many posts wait to be stored: try again.", _RETRY)
NOT_STORED: Final = Refusal(503, "not_stored", "The post could not be stored: try again.", _RETRY)
STOPPING: Final = Refusal(503, "stopping", "The server is stopping: try again.", _RETRY)
TOKENS_STALE: Final = Refusal(503, "tokens_stale", "The tokens cannot be read at the moment: try again.", _RETRY)
BROKEN: Final = Refusal(500, "broken", "Offangle failed; its log says why.")

REFUSALS: Final = (
    WRONG_METHOD,
    TOO_LARGE,
    TOO_SLOW,
    NOT_JSON,
    NOT_CS2,
    NO_PROVIDER,
    STRAY_TOKEN,
    TOKEN_MISSING,
    TOKEN_UNKNOWN,
    OTHER_ACCOUNT,
    OVERLOADED,
    NOT_STORED,
    STOPPING,
    TOKENS_STALE,
    BROKEN,
)
"""All of them, so that every counter exists from the start."""
