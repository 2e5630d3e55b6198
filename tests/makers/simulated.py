"""Simulated matches that stand before their first round."""

from offangle_sim.demo.match_recorder import MatchRecorder
from offangle_sim.demo.silent import SilentWriter
from offangle_sim.match import game_of, setup_of
from offangle_sim.order import MatchOrder
from offangle_sim.play.game import Game


def a_game(seed: int = 1, **words: object) -> Game:
    """Everybody has joined and stands at a spawn; nothing is written."""
    order = MatchOrder(seed=seed, network="local", **words)  # type: ignore[arg-type]  # a test's words
    setup = setup_of(order)
    game = game_of(order, MatchRecorder(setup, SilentWriter.of(setup)))
    game.join()
    game.rounds.spawn_all()
    return game
