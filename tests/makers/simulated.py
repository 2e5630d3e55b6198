"""Simulated matches that stand before their first round."""

from offangle_sim.match import game_of, setup_of
from offangle_sim.order import MatchOrder
from offangle_sim.play.game import Game
from offangle_sim.server.server import Server


def a_game(seed: int = 1, **words: object) -> Game:
    """Everybody has joined and stands at a spawn; nothing is written."""
    order = MatchOrder(seed=seed, network="local", **words)  # type: ignore[arg-type]  # a test's words
    game = game_of(order, Server(setup_of(order)))
    game.join()
    game.rounds.spawn_all()
    return game
