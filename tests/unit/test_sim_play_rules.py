"""The rules of simulated matches: money, orders, purchases."""

import numpy as np
import pytest

from makers.simulated import a_game
from offangle.core.errors import BadInputError
from offangle.core.weapons import WEAPONS, weapon_class
from offangle_sim.order import INCIDENTS, PARTS, MatchOrder, incidents_of, parts_of
from offangle_sim.play.buying import BuyPlan, shopping, team_plan
from offangle_sim.play.dice import chance, pick, shuffled
from offangle_sim.play.rules import LossCount, ticks


def test_losing_pays_more_each_time_and_winning_takes_one_step_back() -> None:
    count = LossCount()
    paid = []
    for _ in range(5):
        paid.append(count.bonus("t"))
        count.after("ct")
    assert paid == [1900, 2400, 2900, 3400, 3400]
    count.after("t")
    assert count.bonus("t") == 2900
    assert count.bonus("ct") == 1900
    count.switch()
    assert (count.bonus("t"), count.bonus("ct")) == (1900, 1900)


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 0), (1.0, 64), (40.0, 2560), (3.2, 205)])
def test_seconds_in_ticks(seconds: float, expected: int) -> None:
    assert ticks(seconds) == expected


@pytest.mark.parametrize(
    "words",
    [
        {"seed": -1},
        {"seed": 1, "rounds": 0},
        {"seed": 1, "pad_to_bytes": -1},
        {"seed": 1, "max_rounds": 5},
        {"seed": 1, "incidents": frozenset({"earthquake"})},
        {"seed": 1, "parts": frozenset({"pov"})},
    ],
)
def test_orders_that_cannot_be_played_are_refused(words: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        MatchOrder(**words)  # type: ignore[arg-type]  # wrong on purpose


def test_words_become_incidents_and_parts() -> None:
    assert incidents_of(INCIDENTS) == frozenset(INCIDENTS)
    assert parts_of(["demo"]) == frozenset({"demo"})
    with pytest.raises(BadInputError, match="earthquake"):
        incidents_of(["earthquake"])
    with pytest.raises(BadInputError, match="film"):
        parts_of([*PARTS, "film"])


@pytest.mark.parametrize("plan", ["pistol", "eco", "force", "full"])
@pytest.mark.parametrize("money", [0, 800, 1900, 3700, 5000, 16000])
def test_nobody_spends_more_than_he_has(plan: BuyPlan, money: int) -> None:
    game = a_game()
    rng = np.random.default_rng(5)
    for agent in game.stage.agents.values():
        game.stage.server.set_player_state(agent.slot, money=money)
        for _ in range(20):
            bought = shopping(rng, agent, plan)
            assert sum(cost for _, cost in bought.items) <= money
            assert {name for name, _ in bought.items} <= WEAPONS.keys()
            assert sum(weapon_class(name) == "grenade" for name, _ in bought.items) <= 4


def test_with_money_a_team_buys_rifles_and_armor() -> None:
    game = a_game()
    agents = list(game.stage.on_side("t"))
    rng = np.random.default_rng(3)
    for agent in agents:
        game.stage.server.set_player_state(agent.slot, money=6500)
    assert team_plan(rng, agents, "t", is_pistol=False, is_last=False, losses=1) == "full"
    for agent in agents:
        names = {name for name, _ in shopping(rng, agent, "full").items}
        assert names & {"ak47", "awp", "galilar"}
        assert names & {"vest", "vesthelm"}


@pytest.mark.parametrize(
    ("money", "is_pistol", "is_last", "plan"),
    [
        (800, True, False, "pistol"),
        (1000, False, False, "eco"),
        (1000, False, True, "force"),
        (9000, False, True, "full"),
    ],
)
def test_what_a_team_does_with_its_money(money: int, *, is_pistol: bool, is_last: bool, plan: BuyPlan) -> None:
    game = a_game()
    agents = list(game.stage.on_side("ct"))
    for agent in agents:
        game.stage.server.set_player_state(agent.slot, money=money)
    rng = np.random.default_rng(3)
    assert team_plan(rng, agents, "ct", is_pistol=is_pistol, is_last=is_last, losses=1) == plan


def test_lots() -> None:
    rng = np.random.default_rng(1)
    assert not chance(rng, 0.0)
    assert chance(rng, 1.0)
    assert pick(rng, (7,)) == 7
    assert sorted(shuffled(rng, range(5))) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="high"):
        pick(rng, ())
