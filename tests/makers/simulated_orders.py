"""Orders of short simulated matches: twenty seeds, and one match for every incident."""

from dataclasses import replace
from typing import Final

from offangle_sim.order import INCIDENTS, Incident, MatchOrder
from offangle_sim.watchers import LOSSLESS

SEEDS: Final = range(1, 21)
NETWORKS: Final = ("mixed", "local", "good", "bad", "perfect")
WINGMAN_EVERY: Final = 2


def order(seed: int, rounds: int | None, *incidents: Incident, **words: object) -> MatchOrder:
    """A match of which the server's recording and the truth are written."""
    parts = frozenset({"demo", "truth"})
    return MatchOrder(seed=seed, rounds=rounds, incidents=frozenset(incidents), parts=parts, **words)  # type: ignore[arg-type]  # a test's words


def seeded(seed: int) -> MatchOrder:
    """Two rounds of the one mode or the other, over all kinds of networks."""
    mode = "wingman" if seed % WINGMAN_EVERY else "competitive"
    asked = order(seed, 2, mode=mode, network=NETWORKS[seed % len(NETWORKS)])
    return with_posts(asked) if mode == "competitive" and asked.network in LOSSLESS else asked


def with_posts(asked: MatchOrder) -> MatchOrder:
    """The same match with everybody's live posts."""
    return replace(asked, parts=asked.parts | {"gsi"})


def wingman(seed: int, rounds: int | None, *incidents: Incident, **words: object) -> MatchOrder:
    """Two against two, without a network: quick to play."""
    return order(seed, rounds, *incidents, mode="wingman", network="local", **words)


INCIDENT_ORDERS: Final[dict[Incident, MatchOrder]] = {
    "overtime": order(3, 3, "overtime", max_rounds=2, network="local"),
    "disconnect": wingman(3, 4, "disconnect"),
    "restore": wingman(3, 5, "restore", max_rounds=6),
    "takeover": order(3, 2, "takeover", network="local"),
    "surrender": wingman(3, None, "surrender"),
    "bots": order(3, 1, "bots"),
    "knife": wingman(3, 1, "knife"),
    "warmup": wingman(3, 1, "warmup"),
    "timeout": wingman(3, 2, "timeout"),
    "restart": wingman(3, 2, "restart"),
    "coach": wingman(3, 1, "coach"),
    "team_kill": wingman(3, 1, "team_kill"),
    "late_kill": wingman(3, 1, "late_kill"),
}


DEATHMATCH: Final = order(3, 1, mode="deathmatch", network="local")


def plain(seed: int) -> MatchOrder:
    """Two or three rounds of an ordinary match, with a change of sides after the second, and everybody's live posts."""
    return with_posts(order(seed, 2 + seed % 2, max_rounds=4, network="local"))


def everything(seed: int) -> MatchOrder:
    """A match to its end in which all that goes together happens."""
    apart = {"overtime", "restart", "surrender", "bots"}
    return order(seed, None, *(incident for incident in INCIDENTS if incident not in apart), max_rounds=6)
