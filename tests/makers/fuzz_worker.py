"""Reads what it is told to, over and over: one JSON line in, one out.

It may die of what it reads; who asks sees that.
"""

import json
import random
import resource
import sys
import traceback
from pathlib import Path
from typing import Any, Final

from makers.gsi_mutations import mutate
from makers.gsi_posts import GsiClient
from offangle.analysis.document import match_document
from offangle.analysis.run import analyse
from offangle.core.errors import ContractError, OffangleError
from offangle.gsi.wire import decode_post, observation_of
from offangle.live.document import matches_document, sessions_of
from offangle.live.reduce import reduce
from offangle.live.snapshot import snapshot
from offangle.live.state import LiveState
from offangle.parsing.reader import MatchFileKind, read_match_file
from offangle.parsing.terms import is_rust_panic

MEMORY_BYTES: Final = 6 * 1024**3
"""Of address space; what asks for more is refused as in the sandbox."""


def read_file(path: Path, kind: MatchFileKind) -> None:
    """The whole way of a file up to what `offangle analyze --json` prints."""
    frames = read_match_file(path, kind)
    analysis = analyse(frames)
    json.dumps(match_document(frames, analysis), allow_nan=False)


def fold_posts(seed: str) -> None:
    """A client's posts, some of them damaged, up to what the live page shows."""
    rng = random.Random(seed)  # noqa: S311 -- repeatable damage
    state, events, sequence = LiveState(), [], 0
    for post in _played(rng):
        raw = mutate(rng, post).raw if rng.random() < 0.5 else json.dumps(post).encode()
        try:
            body = decode_post(raw)
        except OffangleError:
            continue
        sequence += 1
        observation = observation_of(body, sequence=sequence, received_ns=sequence * 10**9)
        state, happened = reduce(state, observation)
        events += happened
        json.dumps(snapshot(state, observation), allow_nan=False)
    json.dumps(matches_document(sessions_of(events, state)), allow_nan=False)


def _played(rng: random.Random) -> list[dict[str, Any]]:
    client = GsiClient(mode=rng.choice(("competitive", "scrimcomp2v2", "casual", "custom")))
    client.warmup()
    for number in range(rng.randint(2, 14)):
        client.play_round(rng.choice(("T", "CT")), kills=rng.randint(0, 3))
        if rng.random() < 0.1:
            rng.choice((client.switch_sides, client.restart, client.die, client.vanish, client.menu))()
        if number % 5 == 4:
            client.freeze()
    return client.posts


def outcome(order: dict[str, Any]) -> dict[str, str]:
    """`read`, `refused` with the reason, or `fault` with where it happened."""
    try:
        if order["kind"] == "gsi":
            fold_posts(order["seed"])
        else:
            read_file(Path(order["path"]), order["kind"])
    except ContractError:
        return {"outcome": "fault", "why": traceback.format_exc()}
    except OffangleError as error:
        fine = error.permanent and bool(error.message.strip())
        return {"outcome": "refused" if fine else "fault", "why": f"{type(error).__name__}: {error.message}"}
    except BaseException as error:
        if not (isinstance(error, Exception) or is_rust_panic(error)):
            raise
        return {"outcome": "fault", "why": traceback.format_exc()}
    return {"outcome": "read", "why": ""}


def main() -> None:
    """Serve until the orders end, with no more memory than a sandbox would give."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints
    for line in sys.stdin:
        answers.write(json.dumps(outcome(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
