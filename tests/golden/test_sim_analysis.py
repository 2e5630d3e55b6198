"""`offangle analyze` on simulated matches: every figure equals the definitions, read plainly from the truth."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from makers.corpus import played
from makers.definitions_figures import player_figures, round_rows
from makers.definitions_reference import chances, class_value, clutches, opening, player_buy, views
from makers.simulated_orders import plain
from offangle.analysis.document import match_document
from offangle.analysis.run import analyse
from offangle.frames.collection import MatchFrames
from offangle.parsing.reader import read_match_file
from offangle_sim.order import LOCAL_NETWORK, MatchOrder, incidents_of

STEP = 5.1e-5
"""Half of the last decimal of a document's rates; a little more, since what ends in 5 is rounded down or up."""
FULL_HEALTH = 100
COMMAND = Path(sys.executable).with_name("offangle")
SCOREBOARD_CHECKS = frozenset(f"scoreboard_{what}" for what in ("kills", "deaths", "assists", "headshots", "damage"))


@dataclass(frozen=True)
class Case:
    """One match.

    Attributes:
        seed: Its seed.
        rounds: Counted rounds that are played; None plays to the end.
        incidents: What happens in it.
        max_rounds: Of regulation.
        by_command: Analysed by the program itself, in a process of its own.
        differs: Checks that may find a difference.
        is_plain: The same match as elsewhere in the tests.
    """

    seed: int
    rounds: int | None = 3
    incidents: tuple[str, ...] = ()
    max_rounds: int = 4
    mode: str = "competitive"
    network: str = LOCAL_NETWORK
    by_command: bool = False
    differs: frozenset[str] = field(default_factory=frozenset)
    is_plain: bool = False

    def __str__(self) -> str:
        return "-".join([str(self.seed), *self.incidents, *([self.mode] if self.mode != "competitive" else [])])

    def order(self) -> MatchOrder:
        if self.is_plain:
            return plain(self.seed)
        return MatchOrder(
            seed=self.seed,
            rounds=self.rounds,
            incidents=incidents_of(self.incidents),
            parts=frozenset({"demo", "truth"}),
            max_rounds=self.max_rounds,
            mode="wingman" if self.mode == "wingman" else "competitive",
            network=self.network,
        )


CASES = (
    # the longest first; what is done while controlling a bot is listed apart
    Case(23, 5, ("restore", "takeover"), max_rounds=8, differs=SCOREBOARD_CHECKS),
    Case(6, 5, ("overtime",)),
    Case(13, None, ("surrender",), max_rounds=8),
    Case(1, network="mixed", by_command=True),
    Case(2, 4, max_rounds=8),
    Case(3, 2, ("warmup", "knife"), by_command=True),
    Case(4, 2, ("team_kill",)),
    Case(10, 3, ("late_kill",)),
    Case(5, 3, ("disconnect",), differs=frozenset({"players_per_side"})),
    Case(8, 2, ("bots",)),
    Case(11, 2, ("restart",)),
    Case(12, 2, ("coach", "timeout")),
    Case(14, 3, mode="wingman"),
    *(Case(seed, is_plain=True) for seed in range(15, 22)),
)


@dataclass(frozen=True)
class Analysed:
    """What the program made of a match.

    Attributes:
        truth: The match's true tables.
        document: What `--json` prints.
        derived: The derived tables.
    """

    truth: MatchFrames
    document: dict[str, Any]
    derived: Mapping[str, pl.DataFrame]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_figure_is_that_of_the_truth(case: Case, tmp_path: Path) -> None:
    known = played(case.order())
    truth, demo = known.truth, known.demo(tmp_path)
    read = by_command if case.by_command else in_process
    match = read(truth, demo)
    problems = [
        *header_differences(match),
        *player_differences(match),
        *round_differences(match),
        *event_differences(match),
        *buy_differences(match),
        *health_differences(truth),
        *(f"check {name} fails" for name in failed_checks(match) - case.differs),
    ]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
    assert any(chances(view) for view in views(truth))


def in_process(truth: MatchFrames, demo: Path) -> Analysed:
    frames = read_match_file(demo, "demo")
    analysis = analyse(frames)
    return Analysed(truth, json.loads(json.dumps(match_document(frames, analysis))), analysis.tables)


def by_command(truth: MatchFrames, demo: Path) -> Analysed:
    out = demo.parent / "out"
    arguments = [str(COMMAND), "analyze", str(demo), "--json", "--out", str(out)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    derived = {path.stem: pl.read_parquet(path) for path in (out / "derived").glob("*.parquet")}
    return Analysed(truth, json.loads(done.stdout), derived)


def failed_checks(match: Analysed) -> set[str]:
    return {check["name"] for check in match.document["checks"] if check["ok"] is False}


def header_differences(match: Analysed) -> list[str]:
    told, true = match.document["match"], match.truth["match"].row(0, named=True)
    expected = {
        "map": true["map_name"],
        "rounds_played": match.truth.counted("rounds").height,
        "score": {"a": true["score_a"], "b": true["score_b"]},
        "is_simulated": True,
        **{f"team_{team}_name": true[f"team_{team}_name"] for team in ("a", "b")},
    }
    return unlike("match", told, expected)


def player_differences(match: Analysed) -> list[str]:
    """Every metric of the registry: over both sides as the document tells it, by side as the derived table does."""
    expected = player_figures(match.truth)
    documents = {(int(player["steam_id"]), "all"): player for player in match.document["players"]}
    table = {(row["steam_id"], row["side"]): row for row in match.derived["player_stats"].to_dicts()}
    found = unlike("players", {"rows": sorted(table)}, {"rows": sorted(expected)})
    found += unlike("players", {"rows": sorted(documents)}, {"rows": sorted(key for key in expected if "all" in key)})
    for key in expected.keys() & table.keys():
        found += unlike(f"player_stats {key}", table[key], expected[key])
    for key in expected.keys() & documents.keys():
        player = documents[key]
        found += unlike(f"metrics of {key}", player["metrics"], expected[key], tolerance=STEP, is_whole=True)
        beside = {name: value for name, value in expected[key].items() if name in player}
        sizes = {str(size): expected[key][f"multi_{size}k"] for size in range(2, 6)}
        found += unlike(f"player {key}", player, beside | {"multi_kills": sizes}, tolerance=STEP)
        for side, told in player["sides"].items():
            here = {name: value for name, value in expected[key[0], side].items() if name in told}
            found += unlike(f"player {key} as {side}", told, here, tolerance=STEP, is_whole=True)
    return found


def round_differences(match: Analysed) -> list[str]:
    expected = round_rows(match.truth)
    told = match.document["rounds"]
    found = unlike("rounds", {"count": len(told)}, {"count": len(expected)})
    for row, true in zip(told, expected, strict=False):
        as_text = {name: str(true[name]) for name in true if name.endswith("steam_id") and true[name] is not None}
        found += unlike(f"round {true['number']}", row, true | as_text, tolerance=STEP, is_whole=True)
    return found


def event_differences(match: Analysed) -> list[str]:
    """Each trade opportunity, clutch and opening duel, not only how many there were."""
    rounds, derived = views(match.truth), match.derived
    firsts = [(view.number, first) for view in rounds if (first := opening(view)) is not None]
    ours = {
        "trades": derived["trades"].select(
            "round_number", "tick", "victim_steam_id", "killer_steam_id", "trader_steam_id", "attempted", "succeeded"
        ),
        "clutches": derived["clutches"].select("round_number", "tick", "steam_id", "side", "opponents", "won"),
        "opening_duels": derived["opening_duels"].select(
            "round_number", "tick", "attacker_steam_id", "victim_steam_id"
        ),
    }
    true = {
        "trades": [astuple(chance) for view in rounds for chance in chances(view)],
        "clutches": [astuple(clutch) for view in rounds for clutch in clutches(view)],
        "opening_duels": [(n, kill["tick"], kill["attacker_steam_id"], kill["victim_steam_id"]) for n, kill in firsts],
    }
    found = []
    for name, rows in true.items():
        told, wanted = Counter(ours[name].iter_rows()), Counter(rows)
        found += [f"{name}: {row} is not in the truth" for row in told - wanted]
        found += [f"{name}: {row} is missing" for row in wanted - told]
    return found


def buy_differences(match: Analysed) -> list[str]:
    """Each player's class in each round."""
    rows = match.derived["player_round_stats"].select("round_number", "steam_id", "buy").iter_rows()
    told = {(number, player): buy for number, player, buy in rows}
    true = {
        (view.number, purse["steam_id"]): player_buy(class_value(purse))
        for view in views(match.truth)
        for purse in view.purses
    }
    return unlike("buys", told, true, is_whole=True)


def health_differences(truth: MatchFrames) -> list[str]:
    """Damage is the health removed: a hit takes no more than what the victim has left."""
    found = []
    for view in views(truth):
        health = dict.fromkeys(view.sides, FULL_HEALTH)
        died = {kill["victim_steam_id"]: kill["tick"] for kill in reversed(view.kills)}
        for hit in view.damages:
            victim = hit["victim_steam_id"]
            if hit["tick"] > died.get(victim, hit["tick"]):
                continue  # in the body of a bot, with the health that it had left
            removed = min(hit["health_damage_raw"], health[victim])
            health[victim] -= removed
            if hit["health_damage"] != removed:
                told = f"{hit['health_damage']} counted, {removed} removed"
                found.append(f"round {view.number}, tick {hit['tick']}: {told}")
    return found


def unlike(
    where: str, told: Mapping[Any, Any], true: Mapping[Any, Any], *, tolerance: float = 1e-9, is_whole: bool = False
) -> list[str]:
    """What differs by name; `is_whole`: nothing else may be told."""
    missing = sorted(map(str, true.keys() ^ told.keys() if is_whole else true.keys() - told.keys()))
    found = [f"{where}: only one of both has {missing}"] if missing else []
    found += [
        f"{where}: {name} is {told[name]} instead of {true[name]}"
        for name in true.keys() & told.keys()
        if not is_same(told[name], true[name], tolerance)
    ]
    return found


def is_same(told: object, true: object, tolerance: float) -> bool:
    return told == (pytest.approx(true, abs=tolerance, rel=1e-9) if isinstance(true, float) else true)
