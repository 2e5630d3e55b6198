"""Sign-in through Steam: OpenID 2.0 as Steam speaks it, and nothing more of it than Steam needs.

The browser is sent to the provider with the address it shall come back to (`return_to`). It comes back with a
statement: whose account it is, for which address it was made, when, and which of its fields the provider vouches for.
A statement counts when all of that is as it must be and the provider itself, asked directly, says that it made it.
What is not here: discovery, associations and other providers, which is where OpenID 2.0 went wrong in other programs.
"""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

NAMESPACE: Final = "http://specs.openid.net/auth/2.0"
ANY_IDENTITY: Final = f"{NAMESPACE}/identifier_select"
PREFIX: Final = "openid."
MUST_BE_SIGNED: Final = frozenset(
    {"op_endpoint", "claimed_id", "identity", "return_to", "response_nonce", "assoc_handle"}
)
NONCE_LIFE: Final = timedelta(minutes=5)
"""A statement made longer ago, or further in the future, is refused: also how far two clocks may differ."""
LONGEST_VALUE: Final = 2_048
MOST_FIELDS: Final = 32

Cause = Literal[
    "cancelled", "malformed", "other_provider", "other_address", "other_identity", "unsigned", "stale", "denied"
]
Fetch = Callable[[str, bytes], bytes]
"""Posts a form to an address and returns the body of the answer; raises `TransientError` when there is none."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Steam vouches that the person holds this account.

    Attributes:
        steam_id: SteamID64.
        nonce: Must not have been seen before; whoever calls remembers it.
    """

    steam_id: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The statement does not count.

    Attributes:
        cause: One word for programs.
        detail: For people and the log; holds nothing secret.
    """

    cause: Cause
    detail: str


def request_url(endpoint: str, return_to: str) -> str:
    """Where to send the browser, so that the provider asks the person and sends them back to `return_to`."""
    asked = {
        "ns": NAMESPACE,
        "mode": "checkid_setup",
        "claimed_id": ANY_IDENTITY,
        "identity": ANY_IDENTITY,
        "return_to": return_to,
        "realm": origin_of(return_to) + "/",
    }
    return f"{endpoint}?{urlencode({PREFIX + name: value for name, value in asked.items()})}"


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def verify(
    pairs: Iterable[tuple[str, str]], *, endpoint: str, return_to: str, now: datetime, fetch: Fetch
) -> Verified | Refused:
    """Check the statement that a browser came back with.

    Args:
        pairs: The parameters of the address it came back to, repeated ones too.
        endpoint: The provider's address, the only one that is believed and asked.
        return_to: The address that was given for the way back, in full.
        now: The time.
        fetch: Asks the provider.

    Raises:
        TransientError: The provider did not answer.
    """
    fields = _fields(pairs)
    if isinstance(fields, Refused):
        return fields
    refusal = _refusal(fields, endpoint=endpoint, return_to=return_to, now=now)
    if refusal is not None:
        return refusal
    steam_id = _steam_id(fields["claimed_id"], endpoint)
    if steam_id is None or fields["identity"] != fields["claimed_id"]:
        return Refused("other_identity", "the statement is not about a Steam account")
    if not _is_confirmed(fetch(endpoint, _question(fields))):
        return Refused("denied", "the provider did not make this statement, or it was used before")
    return Verified(steam_id, fields["response_nonce"])


def _fields(pairs: Iterable[tuple[str, str]]) -> dict[str, str] | Refused:
    """The fields of the statement by name; each may be there once."""
    found: dict[str, str] = {}
    for key, value in pairs:
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX)
        if name in found or len(found) >= MOST_FIELDS or len(value) > LONGEST_VALUE:
            # Of a repeated field one program reads the first and another the last.
            return Refused("malformed", "a field of the statement is repeated or too long, or there are too many")
        found[name] = value
    return found


def _refusal(fields: Mapping[str, str], *, endpoint: str, return_to: str, now: datetime) -> Refused | None:
    """What of the statement is not as it must be, without asking anybody."""
    refusal = _no_statement(fields)
    if refusal is not None:
        return refusal
    if fields["op_endpoint"] != endpoint:
        return Refused("other_provider", "the statement comes from another provider")
    if not hmac.compare_digest(fields["return_to"].encode(), return_to.encode()):
        return Refused("other_address", "the statement was made for another address")
    unsigned = MUST_BE_SIGNED - set(fields["signed"].split(","))
    if unsigned:
        return Refused("unsigned", f"the provider does not vouch for {', '.join(sorted(unsigned))}")
    return _stale(fields["response_nonce"], now)


def _no_statement(fields: Mapping[str, str]) -> Refused | None:
    """Why these fields make no statement at all."""
    mode = fields.get("mode")
    if mode in ("cancel", "setup_needed"):
        return Refused("cancelled", "the sign-in was cancelled at the provider")
    if mode != "id_res" or fields.get("ns") != NAMESPACE:
        return Refused("malformed", "this is no statement of an OpenID 2.0 provider")
    missing = (MUST_BE_SIGNED | {"signed", "sig"}) - {name for name, value in fields.items() if value}
    if missing:
        return Refused("malformed", f"the statement lacks {', '.join(sorted(missing))}")
    return None


def _stale(nonce: str, now: datetime) -> Refused | None:
    """Why a statement of this age does not count."""
    stamp = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", nonce)
    try:
        made = datetime.strptime(stamp.group(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if stamp else None
    except ValueError:
        made = None
    if made is None:
        return Refused("malformed", "the statement does not tell when it was made")
    if abs(now - made) > NONCE_LIFE:
        minutes = NONCE_LIFE.total_seconds() / 60
        return Refused("stale", f"the statement was made at {made:%H:%M} UTC, more than {minutes:.0f} minutes from now")
    return None


def _steam_id(claimed_id: str, endpoint: str) -> int | None:
    """The SteamID64 in an identity of this provider."""
    pattern = rf"https?://{re.escape(urlsplit(endpoint).netloc)}/openid/id/([0-9]{{17}})"
    found = re.fullmatch(pattern, claimed_id)
    return int(found.group(1)) if found else None


def _question(fields: Mapping[str, str]) -> bytes:
    """The statement back to the provider, word for word: did you say this?"""
    asked = {PREFIX + name: value for name, value in fields.items()} | {f"{PREFIX}mode": "check_authentication"}
    return urlencode(asked).encode()


def _is_confirmed(answer: bytes) -> bool:
    """Whether the provider says yes, in the key-value form of OpenID: one `key:value` on each line."""
    lines = answer.decode("utf-8", errors="replace").split("\n")
    return f"ns:{NAMESPACE}" in lines and [line for line in lines if line.startswith("is_valid:")] == ["is_valid:true"]
