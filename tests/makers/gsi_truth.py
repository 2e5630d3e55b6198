"""What the reducer makes of a client's posts, beside the truth of the match."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from makers.recorded import KnownMatch
from makers.scripted_match import Script, ScriptedMatch, setup_of
from offangle.cli.recordings import read_recording
from offangle.core.weapons import weapon_class
from offangle.frames.collection import MatchFrames
from offangle.gsi.wire import observation_of
from offangle.live.document import matches_document, sessions_of
from offangle.live.reduce import reduce_all
from offangle_sim.gsi.client import LiveClients
from offangle_sim.gsi.settings import ClientSettings
from offangle_sim.gsi.sinks import Sink
from offangle_sim.server.setup import MatchSetup

Posts = list[tuple[int, dict[str, Any]]]
START = datetime(2026, 1, 1, 18, 0, tzinfo=UTC)
EXACT = ClientSettings(loss_rate=0.0)
FIRE = frozenset({"molotov", "incgrenade", "inferno"})


@dataclass
class Watched:
    """A scripted match and what its players' games posted, by slot."""

    recorder: KnownMatch
    posts: dict[int, Posts]

    def bodies(self, slot: int) -> list[dict[str, Any]]:
        """What one client's posts say."""
        return [body for _, body in self.posts[slot]]

    def steam_id(self, slot: int) -> int:
        """Whose client it is."""
        return self.recorder.player(slot).entry.steam_id


def watch(
    script: Script, *, seed: int = 1, settings: ClientSettings = EXACT, setup: MatchSetup | None = None
) -> Watched:
    """Play a script with a live client for everybody."""
    whole = setup or setup_of(script)
    recorder = KnownMatch(whole)
    posts: dict[int, Posts] = {slot: [] for slot in recorder.players}
    clients = LiveClients(
        recorder, {slot: into(posts[slot]) for slot in posts}, seed=seed, start=START, settings=settings
    )
    match = ScriptedMatch(script, recorder)
    recorder.tells(clients)
    match.play()
    clients.close()
    return Watched(recorder, posts)


def into(posts: Posts) -> Sink:
    """A sink that keeps everything."""

    def keep(received_ns: int, body: dict[str, Any], /) -> None:
        posts.append((received_ns, body))

    return keep


def read_posts(path: Path) -> Posts:
    """The posts of a recording: when they arrived, and what they say."""
    return [(post.received_ns, post.body) for post in read_recording(path)]


def reduced(posts: Posts) -> list[dict[str, Any]]:
    """The matches that `offangle gsi reduce` finds."""
    observations = [
        observation_of(body, sequence=number, received_ns=received_ns)
        for number, (received_ns, body) in enumerate(posts, start=1)
    ]
    state, events = reduce_all(observations)
    return matches_document(sessions_of(events, state))


@dataclass
class GsiComparison:
    """One client's stream beside the truth.

    `attributed` counts by confidence the kills whose weapon was told, and `correct` those told rightly.
    """

    steam_id: int
    problems: list[str] = field(default_factory=list)
    rounds_equal: bool = True
    winners_equal: bool = True
    kills_equal: bool = True
    deaths_equal: bool = True
    true_kills: int = 0
    attributed: Counter[str] = field(default_factory=Counter)
    correct: Counter[str] = field(default_factory=Counter)

    @property
    def is_exact(self) -> bool:
        """Rounds, winners, own kills and own deaths are those of the truth."""
        return self.rounds_equal and self.winners_equal and self.kills_equal and self.deaths_equal

    def precision(self, confidence: str) -> float | None:
        """Share of the kills told with this confidence whose weapon is right; None when there were none."""
        told = self.attributed[confidence]
        return self.correct[confidence] / told if told else None

    def recall(self, confidences: Iterable[str] = ("high", "medium", "low")) -> float | None:
        """Share of all true kills whose weapon was told rightly with one of these confidences."""
        return sum(self.correct[name] for name in confidences) / self.true_kills if self.true_kills else None

    def __add__(self, other: "GsiComparison") -> "GsiComparison":
        return GsiComparison(
            0,
            [*self.problems, *other.problems],
            self.rounds_equal and other.rounds_equal,
            self.winners_equal and other.winners_equal,
            self.kills_equal and other.kills_equal,
            self.deaths_equal and other.deaths_equal,
            self.true_kills + other.true_kills,
            self.attributed + other.attributed,
            self.correct + other.correct,
        )


def compare(posts: Posts, truth: MatchFrames, steam_id: int) -> GsiComparison:
    """Hold what the reducer makes of a client's posts against the truth of the match."""
    found = GsiComparison(steam_id)
    matches = [match for match in reduced(posts) if not match["aborted"]]
    if not matches and truth["rounds"].filter(pl.col("round_number") > 0).is_empty():
        return found  # a mode without rounds
    if len(matches) != 1:
        found.rounds_equal = False
        found.problems.append(f"{steam_id}: {len(matches)} matches instead of one")
        return found
    match = matches[0]
    _compare_rounds(found, match, truth)
    _compare_own(found, match, truth)
    _compare_weapons(found, match, truth)
    return found


def _compare_rounds(found: GsiComparison, match: dict[str, Any], truth: MatchFrames) -> None:
    rounds = truth["rounds"].filter(pl.col("round_number") > 0).sort("round_number")
    expected = list(zip(rounds["round_number"].to_list(), rounds["winner_side"].to_list(), strict=True))
    told = [(round_["number"], round_["winner"]) for round_ in match["rounds"]]
    found.rounds_equal = [number for number, _ in told] == [number for number, _ in expected]
    found.winners_equal = dict(told) == dict(expected)
    if not found.rounds_equal or not found.winners_equal:
        found.problems.append(f"{found.steam_id}: rounds {told} instead of {expected}")


def _own_kills(truth: MatchFrames, steam_id: int) -> pl.DataFrame:
    is_own = (pl.col("attacker_steam_id") == steam_id) & (pl.col("attacker_side") != pl.col("victim_side"))
    return truth["kills"].filter(is_own & (pl.col("round_number") > 0)).sort("tick")


def _compare_own(found: GsiComparison, match: dict[str, Any], truth: MatchFrames) -> None:
    who = found.steam_id
    kills = Counter(_own_kills(truth, who)["round_number"].to_list())
    told = Counter(kill["round"] for kill in match["kills"])
    board = truth["scoreboard"].filter(pl.col("steam_id") == who)
    totals = {name: board[name].item() if board.height else None for name in ("kills", "deaths")}
    found.kills_equal = told == kills and match["own"]["kills"] == totals["kills"]
    if not found.kills_equal:
        found.problems.append(f"{who}: kills {told}, {match['own']} instead of {kills}, {totals}")
    deaths = set(truth["kills"].filter(pl.col("victim_steam_id") == who)["round_number"].to_list())
    died = {round_["number"] for round_ in match["rounds"] if round_["own_died"]}
    found.deaths_equal = died == {number for number in deaths if number > 0}
    found.deaths_equal &= match["own"]["deaths"] == totals["deaths"]
    if not found.deaths_equal:
        found.problems.append(f"{who}: died in {sorted(died)}, {match['own']} instead of {sorted(deaths)}, {totals}")


def _compare_weapons(found: GsiComparison, match: dict[str, Any], truth: MatchFrames) -> None:
    expected: dict[int, list[str]] = defaultdict(list)
    for number, weapon in _own_kills(truth, found.steam_id).select("round_number", "weapon").iter_rows():
        expected[number].append(weapon)
    found.true_kills = sum(len(weapons) for weapons in expected.values())
    for number, weapons in expected.items():
        told = [kill for kill in match["kills"] if kill["round"] == number]
        for kill, weapon in zip(told, weapons, strict=False):
            found.attributed[kill["confidence"]] += 1
            found.correct[kill["confidence"]] += is_same_weapon(kill["weapon"], weapon)


def is_same_weapon(told: str, true: str) -> bool:
    """A knife has many names, and fire is told by what was thrown."""
    if told == true or {told, true} <= FIRE:
        return True
    return weapon_class(told) == weapon_class(true) == "melee"
