"""Which posts say something new, and which never arrived.

A client never has two posts in flight, so an older provider timestamp means a post that was delivered late or again.
Several posts share a second (trap 9): within it only the very same content is a repetition. Of a post that tells no
time nobody can say either; what it shows counts.
"""

import hashlib
from typing import Final, Literal

import msgspec

from offangle.live.observation import Observation, Scalar
from offangle.live.state import LastPost

CLOCK_SET_BACK_AFTER_NS: Final = 3_600 * 10**9
"""After an hour of silence an older timestamp is a computer whose clock was corrected, not a late post."""

FINGERPRINT_BYTES: Final = 12
MOST_IN_SECOND: Final = 64
"""Digests kept of one second: a client sends about ten posts, and one whose clock stands still must not cost more."""


def fingerprint(observation: Observation) -> str:
    """A short digest of everything a post says, apart from when it says it."""
    content = msgspec.json.encode([observation.facts, observation.claims, observation.has_claims], order="sorted")
    return hashlib.blake2b(content, digest_size=FINGERPRINT_BYTES).hexdigest()


def why_ignored(last: LastPost | None, observation: Observation) -> Literal["late", "repeated"] | None:
    """Why a post adds nothing, or None when it does."""
    if last is None or not observation.provider_timestamp:
        return None
    if observation.provider_timestamp < last.provider_timestamp:
        silence_ns = observation.received_ns - last.received_ns
        return None if silence_ns > CLOCK_SET_BACK_AFTER_NS else "late"
    same_second = observation.provider_timestamp == last.provider_timestamp
    return "repeated" if same_second and fingerprint(observation) in last.same_second else None


def fingerprints_of_second(last: LastPost | None, observation: Observation) -> tuple[str, ...]:
    """The digests to remember until the provider's second is over; the latest, should it never end."""
    earlier = last.same_second if last is not None else ()
    if not observation.provider_timestamp:
        return earlier
    if last is not None and last.provider_timestamp != observation.provider_timestamp:
        earlier = ()
    return (*earlier[1 - MOST_IN_SECOND :], fingerprint(observation))


def lost_paths(last: LastPost | None, observation: Observation) -> tuple[str, ...]:
    """The figures that prove that a post is missing before this one, by path.

    A delta names what it replaces (`previously`): a figure there that was never received proves a loss. A post without
    a delta is a full state, which a client sends anew when the one before was not confirmed.
    """
    if last is None:
        return ()
    if observation.has_claims:
        return tuple(path for path, value in observation.claims.items() if not _was_so(last.facts, path, value))
    paths = sorted(last.facts.keys() | observation.facts.keys())
    return tuple(path for path in paths if last.facts.get(path) != observation.facts.get(path))


def _was_so(facts: dict[str, Scalar], path: str, value: Scalar) -> bool:
    if path in facts:
        return facts[path] == value
    # `true` for a whole block says that it was there, without its figures.
    return value is True and any(known.startswith(f"{path}.") for known in facts)
