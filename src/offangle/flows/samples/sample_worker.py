"""The process that writes the sample: `python -m offangle.flows.samples.sample_worker FOLDER SEED ROUNDS`.

Simulating is a minute of computation for a slow machine; here it keeps nobody waiting. Players sit at the server, and
what their clients sent is left out: a network and the commands would double the time to the page and show on none.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from offangle.core.errors import OffangleError
from offangle.core.imports import spared
from offangle.processes.channel import Progress, serve

with spared(("sqlalchemy",)):  # dataframely would load it, a third of a second that nothing here needs
    from offangle_sim.match import DEMO_NAME, record_match
    from offangle_sim.order import LOCAL_NETWORK, MatchOrder


def write_sample(order: MatchOrder, folder: Path, progress: Progress) -> Mapping[str, Any]:
    """Write the recording of `order` into `folder`, and say what it is called."""
    record_match(order, folder, progress)
    return {"file": DEMO_NAME}


def main(arguments: Sequence[str]) -> int:
    """Simulate; exit status 0 when all went well."""
    folder, seed, rounds = arguments
    order = MatchOrder(
        seed=int(seed), rounds=int(rounds), parts=frozenset({"demo"}), network=LOCAL_NETWORK, commands=False
    )
    return serve(partial(write_sample, order, Path(folder)), error=OffangleError)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
