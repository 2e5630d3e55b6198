"""Simulates a match: plays it, records it, and writes what was asked for."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from offangle.core.errors import BadInputError
from offangle.core.sides import TEAMS, Team
from offangle.frames.collection import MatchFrames
from offangle_sim.demo.recorder import Recorder
from offangle_sim.net.links import links_of
from offangle_sim.net.network import Network
from offangle_sim.order import LOCAL_NETWORK, MatchOrder
from offangle_sim.people import simulated_players
from offangle_sim.play.agent import Agent
from offangle_sim.play.cables import Cables
from offangle_sim.play.deathmatch import play_deathmatch
from offangle_sim.play.game import Game, Script
from offangle_sim.play.ground import ground_of
from offangle_sim.play.live import Live
from offangle_sim.play.profiles import ROLES, draw_profile
from offangle_sim.play.rounds import Rounds
from offangle_sim.play.rules import RULES, Rules
from offangle_sim.play.stage import Stage, Wire
from offangle_sim.play.wires import Wires
from offangle_sim.server.server import Server
from offangle_sim.server.setup import BombSite, MatchSetup, PlayerEntry
from offangle_sim.truth.keeper import TruthKeeper
from offangle_sim.watchers import live_clients, watchers_of
from offangle_sim.world.arena import arena
from offangle_sim.world.world import World

Progress = Callable[[str, float], None]
"""Told a stage and how much of it is done, from 0 to 1."""

DEMO_NAME: Final = "match.dem"
TRUTH_FOLDER: Final = "truth"
LEVELS: Final = (0.35, 0.8)
"""Between these lies the mean skill of a match; its two teams are a little apart."""
LEVEL_GAP: Final = 0.05
TEAM_NAMES: Final[Mapping[Team, str]] = {"a": "Simulated Alpha", "b": "Simulated Bravo"}


def write_match(order: MatchOrder, folder: Path, progress: Progress | None = None) -> MatchFrames:
    """Play a match into a folder and give back its truth.

    Writes `match.dem`, `gsi/`, `pov/`, `perspectives/`, `truth/`, as the order's parts say.

    Raises:
        BadInputError: The folder holds a match already.
    """
    server = Server(setup_of(order))
    keeper = TruthKeeper(server)
    server.tells(keeper)
    tell = progress or _nobody
    _write(order, server, folder, tell)
    tell("truth", 1.0)
    return keeper.write(folder / TRUTH_FOLDER) if "truth" in order.parts else keeper.truth()


def record_match(order: MatchOrder, folder: Path, progress: Progress | None = None) -> None:
    """The same without the truth, which takes its time: for orders that do not ask for it.

    Raises:
        BadInputError: The folder holds a match already, or the truth is asked for.
    """
    if "truth" in order.parts:
        raise BadInputError("a match is recorded without its truth", hint="Leave `truth` out of the parts.")
    _write(order, Server(setup_of(order)), folder, progress or _nobody)


def _write(order: MatchOrder, server: Server, folder: Path, tell: Progress) -> None:
    """Play the match on a server, into everything but the truth that the order asks for."""
    if (folder / DEMO_NAME).exists() or (folder / TRUTH_FOLDER).exists():
        raise BadInputError(f"{folder} already holds a match", hint="Name an empty or new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    game = game_of(order, server)
    game.live.sends_commands = "demo" in order.parts and order.commands
    game.progress = lambda done, total: tell("playing", done / max(done, total))
    with ExitStack() as stack:
        recorder = None
        if "demo" in order.parts:
            recorder = Recorder.to(folder / DEMO_NAME, server)
            stack.enter_context(recorder.writer)  # a recording of a match that failed is not finished
            server.tells(recorder)
        if "gsi" in order.parts:
            clients = live_clients(order, game, folder)
            stack.callback(clients.close)
            server.tells(clients)
        game.watchers += watchers_of(order, game, recorder, folder)
        for watcher in game.watchers:
            stack.callback(watcher.close)
        with without_collections():
            play(game)


@contextmanager
def without_collections() -> Iterator[None]:
    """Do not look for cycles of objects: a match makes none, and looking takes a tenth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def play(game: Game) -> None:
    """Play by the rules of the order's mode."""
    if game.order.mode == "deathmatch":
        play_deathmatch(game)
    else:
        game.play()


def _nobody(stage: str, share: float) -> None:
    """Nobody wants to be told."""


def play_truth(order: MatchOrder) -> MatchFrames:
    """Play a match without writing anything; its truth comes back."""
    game = game_of(order, Server(setup_of(order)))
    keeper = TruthKeeper(game.stage.server)
    game.stage.server.tells(keeper)
    game.live.sends_commands = False
    play(game)
    return keeper.truth()


def setup_of(order: MatchOrder) -> MatchSetup:
    """What is fixed before the first tick."""
    world, rules = arena(order.map_name), rules_of(order)
    return MatchSetup(
        map_name=order.map_name,
        players=_entries(order, rules.per_team),
        sites=(_site(world, "a"), _site(world, "b")),
        mode=order.mode,
        seed=order.seed,
        team_names=TEAM_NAMES,
        max_rounds=rules.max_rounds,
        overtime_rounds=rules.overtime_rounds,
        buy_time_s=rules.buy_s,
    )


def rules_of(order: MatchOrder) -> Rules:
    """The mode's rules, with what the order changes."""
    rules = RULES[order.mode]
    return rules if order.max_rounds is None else replace(rules, max_rounds=order.max_rounds)


def game_of(order: MatchOrder, server: Server) -> Game:
    """A match that is ready to be played on a server."""
    rng = np.random.default_rng((order.seed, 1))
    world, rules = arena(order.map_name), rules_of(order)
    is_wingman = order.mode == "wingman"
    agents = _agents(rng, server)
    stage = Stage(
        server=server,
        world=world,
        ground=ground_of(order.map_name, wingman=is_wingman),
        rules=rules,
        wire=_wire(order, agents, rng),
        rng=rng,
        agents=agents,
    )
    live = Live(stage)
    return Game(stage, live, Rounds(stage, live, wingman=is_wingman), order, _script(order))


def _wire(order: MatchOrder, agents: dict[int, Agent], rng: np.random.Generator) -> Wire:
    """The network, or cables where everybody sits at the server."""
    if order.network == LOCAL_NETWORK:
        return Cables(agents)
    bots = frozenset(slot for slot, agent in agents.items() if agent.player.entry.is_bot)
    return Wires(Network(tuple(agents), links_of(order.network, tuple(agents), rng), order.seed), bots)


def _site(world: World, name: str) -> BombSite:
    zone = world.sites["a" if name == "a" else "b"]
    x, y, z = zone.middle
    return BombSite((x, y, z), ((zone.high[0] - zone.low[0]) / 2, (zone.high[1] - zone.low[1]) / 2, 64.0))


def _entries(order: MatchOrder, per_team: int) -> tuple[PlayerEntry, ...]:
    people = simulated_players(order.seed, 2 * per_team + 1)
    with_bots = bool({"bots", "takeover"} & order.incidents)
    entries = []
    for slot in range(2 * per_team):
        name, steam_id = people[slot]
        is_bot = with_bots and slot % per_team == per_team - 1
        team: Team = "b" if slot < per_team else "a"
        entries.append(PlayerEntry(slot, f"BOT {name}" if is_bot else name, 0 if is_bot else steam_id, team, is_bot))
    if "coach" in order.incidents:
        name, steam_id = people[-1]
        entries.append(PlayerEntry(2 * per_team, name, steam_id, None))
    return tuple(entries)


def _agents(rng: np.random.Generator, server: Server) -> dict[int, Agent]:
    level = float(rng.uniform(*LEVELS))
    gap = float(rng.normal(0.0, LEVEL_GAP))
    levels = {"a": level + gap / 2, "b": level - gap / 2}
    agents = {}
    counts: dict[Team, int] = dict.fromkeys(TEAMS, 0)
    for slot, player in server.players.items():
        team = player.entry.team
        if team is not None:
            profile = draw_profile(rng, levels[team], ROLES[counts[team] % len(ROLES)])
            counts[team] += 1
            agents[slot] = Agent(slot, profile, player)
    return agents


def _script(order: MatchOrder) -> Script:
    """When what was ordered happens."""
    wanted = order.incidents

    def at(name: str, number: int) -> int | None:
        return number if name in wanted else None

    return Script(
        timeout_before=at("timeout", 1),
        restore_before=at("restore", 4),
        restart_before=at("restart", 1),
        leave_in=at("disconnect", 1),
        takeover_in=at("takeover", 0),
        surrender_in=at("surrender", 3),
        team_kill_in=at("team_kill", 0),
    )
