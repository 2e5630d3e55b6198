"""What agents buy: by their money, their team's plan, their role."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from offangle.core.sides import Side
from offangle.core.weapons import WEAPONS
from offangle_sim.play.agent import Agent
from offangle_sim.play.dice import chance, pick
from offangle_sim.play.rules import LOSS_BONUS
from offangle_sim.server.state import HELMET_VALUE

BuyPlan = Literal["pistol", "eco", "force", "full"]

FULL_FROM: Final[dict[Side, int]] = {"t": 3700, "ct": 4100}
"""Mean money and gear of a team from which it buys everything."""
FORCE_FROM: Final = 1600
"""Below this mean nothing but pistols can be forced."""
FORCE_SHARE: Final = 0.22
"""How often a team that could force does, when nothing urges it ..."""
URGED_SHARE: Final = 0.2
"""... and how much more often when the next round would not be a full buy either."""
OWN_WILL: Final = 0.15
"""Added to an agent's discipline: everybody follows the plan more often than not."""
RICH_ECO: Final = 1700
"""With more than this one may buy a pistol on an eco and still buy everything in the next round."""
RICH_ECO_SHARE, POOR_ECO_SHARE = 0.6, 0.25
VEST_SHARE, KIT_SHARE, PISTOL_SHARE = 0.58, 0.40, 0.24
"""Of a pistol round: a vest; of the other CTs a kit; of the rest a better pistol."""
HELMET_FROM: Final = 4700
"""A CT with less leaves the helmet out: an AK-47 goes through it."""
SECOND_AWP_FROM: Final = 7000
AWP_SHARE: Final = 0.95
FULL_KIT_SHARE: Final = 0.75
EXTRA_AWP_SHARE: Final = 0.03
"""How often somebody who is rich enough buys one without its being his part."""
THRIFTY_BELOW: Final = 3600
THRIFTY_SHARE: Final = 0.4
"""With less than the first some take a submachine gun and grenades instead of a rifle."""
SECOND_RIFLE_SHARE: Final = 0.3
FORCED_RIFLE_SHARE: Final = 0.4
FORCED_SMG_FROM: Final = 1900
FORCED_SMG_SHARE: Final = 0.8
EXTRA_SHARE: Final = 0.22
"""Added to what somebody likes to throw: money is there to be spent."""
SMOKE_FIRST_SHARE: Final = 0.5
DECOY_SHARE: Final = 0.02
GIVER_KEEPS: Final = 300
MOST_FLASHES: Final = 2
FULL_ARMOR: Final = 100
WORN_ARMOR: Final = 80
"""A vest that is worth more than this serves another round."""
MOST_GRENADES: Final = 4
_RIFLES: Final[dict[Side, tuple[str, ...]]] = {"t": ("ak47", "galilar"), "ct": ("m4a1_silencer", "m4a1", "famas")}
_SMGS: Final[dict[Side, tuple[str, ...]]] = {"t": ("mac10", "ump45"), "ct": ("mp9", "ump45")}
_FIRE: Final[dict[Side, str]] = {"t": "molotov", "ct": "incgrenade"}
_PISTOLS: Final[dict[Side, tuple[str, ...]]] = {
    "t": ("p250", "tec9", "deagle", "elite"),
    "ct": ("p250", "fiveseven", "deagle", "elite"),
}
_PRIMARY: Final = frozenset({"rifle", "sniper", "smg", "heavy"})


@dataclass(frozen=True, slots=True)
class Purchase:
    """What one agent buys, in order: names and what they cost him."""

    slot: int
    items: tuple[tuple[str, int], ...]


def team_plan(
    rng: np.random.Generator, agents: list[Agent], side: Side, *, is_pistol: bool, is_last: bool, losses: int
) -> BuyPlan:
    """What a team does with its money in this round."""
    if is_pistol:
        return "pistol"
    worth = sum(agent.player.money + _gear_value(agent) for agent in agents) / max(1, len(agents))
    if is_last or worth >= FULL_FROM[side]:
        return "full" if worth >= FULL_FROM[side] else "force"
    if worth < FORCE_FROM:
        return "eco"
    next_round = worth + LOSS_BONUS[min(losses, len(LOSS_BONUS) - 1)]
    urge = FORCE_SHARE + (URGED_SHARE if next_round < FULL_FROM[side] else 0.0)
    return "force" if chance(rng, urge) else "eco"


def shopping(rng: np.random.Generator, agent: Agent, plan: BuyPlan) -> Purchase:
    """What an agent buys under his team's plan; now and then he does as he likes."""
    if plan in {"eco", "force"} and not chance(rng, agent.profile.discipline + OWN_WILL):
        plan = "force" if plan == "eco" else "eco"
    money = agent.player.money
    basket = _Basket(money, agent)
    if plan == "pistol":
        _pistol_round(rng, basket)
    elif plan == "full":
        _full_buy(rng, basket)
    elif plan == "force":
        _force_buy(rng, basket)
    elif money > RICH_ECO and chance(rng, RICH_ECO_SHARE):
        basket.take(pick(rng, _PISTOLS[agent.side]))
        basket.take("vest")
    elif chance(rng, POOR_ECO_SHARE):
        basket.take("p250")
    return Purchase(agent.slot, tuple(basket.items))


@dataclass(frozen=True, slots=True)
class Gift:
    """A rifle that a rich player buys for a poor one."""

    giver: int
    taker: int
    item: str


def gifts(agents: list[Agent], purchases: list[Purchase]) -> list[Gift]:
    """Who buys a rifle for whom, once everybody knows what he buys for himself; for teams that buy everything."""
    left = {bought.slot: _left(agents, bought) for bought in purchases}
    poor = [bought.slot for bought in purchases if not _has_rifle(agents, bought)]
    found = []
    for taker in poor:
        giver = max(left, key=lambda slot: left[slot], default=None)
        side = next(agent.side for agent in agents if agent.slot == taker)
        rifle = _RIFLES[side][0]
        if giver is None or giver == taker or left[giver] < WEAPONS[rifle].price + GIVER_KEEPS:
            break
        left[giver] -= WEAPONS[rifle].price
        found.append(Gift(giver, taker, rifle))
    return found


def _left(agents: list[Agent], bought: Purchase) -> int:
    money = next(agent.player.money for agent in agents if agent.slot == bought.slot)
    return money - sum(cost for _, cost in bought.items)


def _has_rifle(agents: list[Agent], bought: Purchase) -> bool:
    held = next(agent.player.items for agent in agents if agent.slot == bought.slot)
    names = [*(item.kind.name for item in held), *(name for name, _ in bought.items)]
    return any(WEAPONS[name].weapon_class in {"rifle", "sniper"} for name in names if name in WEAPONS)


class _Basket:
    """What is paid for as it is taken."""

    def __init__(self, money: int, agent: Agent) -> None:
        self.money, self.agent = money, agent
        self.items: list[tuple[str, int]] = []

    @property
    def has_primary(self) -> bool:
        held = [item.kind.name for item in self.agent.player.items]
        names = [*held, *(name for name, _ in self.items)]
        return any(WEAPONS[name].weapon_class in _PRIMARY for name in names if name in WEAPONS)

    def take(self, name: str) -> bool:
        price = WEAPONS[name].price
        if name == "vesthelm" and self.agent.player.armor == FULL_ARMOR:
            price = HELMET_VALUE
        if self.money < price:
            return False
        self.money -= price
        self.items.append((name, price))
        return True

    def count(self, name: str) -> int:
        held = sum(item.kind.name == name for item in self.agent.player.items)
        return held + sum(bought == name for bought, _ in self.items)


def _pistol_round(rng: np.random.Generator, basket: _Basket) -> None:
    if chance(rng, VEST_SHARE):
        basket.take("vest")
    elif basket.agent.side == "ct" and chance(rng, KIT_SHARE):
        basket.take("defuser")
        basket.take("flashbang")
    elif chance(rng, PISTOL_SHARE):
        basket.take("p250")
        _grenades(rng, basket, 2)
    else:
        _grenades(rng, basket, 3)


def _full_buy(rng: np.random.Generator, basket: _Basket) -> None:
    agent = basket.agent
    side = agent.side
    _armor(basket, must_have_helmet=side == "t" or basket.money > HELMET_FROM)
    is_sniper = agent.profile.role == "awp" and not agent.has("awp")
    if not basket.has_primary or (is_sniper and basket.money > SECOND_AWP_FROM):
        wants_awp = chance(rng, AWP_SHARE if is_sniper else EXTRA_AWP_SHARE)
        thrifty = basket.money < THRIFTY_BELOW and chance(rng, THRIFTY_SHARE)
        choices = [
            *_SMGS[side][: int(thrifty)],
            *(["awp"] if wants_awp else []),
            *_rifle_order(rng, side),
            *_SMGS[side],
        ]
        next((name for name in choices if basket.take(name)), None)
    if side == "ct" and not agent.player.has_kit and chance(rng, FULL_KIT_SHARE):
        basket.take("defuser")
    _grenades(rng, basket, MOST_GRENADES)


def _rifle_order(rng: np.random.Generator, side: Side) -> list[str]:
    rifles = list(_RIFLES[side])
    if side == "ct" and chance(rng, SECOND_RIFLE_SHARE):
        rifles[0], rifles[1] = rifles[1], rifles[0]
    return rifles


def _force_buy(rng: np.random.Generator, basket: _Basket) -> None:
    side = basket.agent.side
    if basket.has_primary:
        _armor(basket, must_have_helmet=False)
    elif basket.money >= WEAPONS[_RIFLES[side][-1]].price + WEAPONS["vest"].price and chance(rng, FORCED_RIFLE_SHARE):
        _armor(basket, must_have_helmet=False)
        basket.take(_RIFLES[side][-1])
    elif basket.money >= FORCED_SMG_FROM and chance(rng, FORCED_SMG_SHARE):
        _armor(basket, must_have_helmet=False)
        basket.take(_SMGS[side][0])
    else:
        basket.take(pick(rng, _PISTOLS[side]))
        _armor(basket, must_have_helmet=False)
    _grenades(rng, basket, 2)


def _armor(basket: _Basket, *, must_have_helmet: bool) -> None:
    player = basket.agent.player
    wants_helmet = must_have_helmet and not player.has_helmet
    if player.armor >= WORN_ARMOR and not wants_helmet:
        return
    if wants_helmet and basket.take("vesthelm"):
        return
    if player.armor < WORN_ARMOR:
        basket.take("vest")


def _grenades(rng: np.random.Generator, basket: _Basket, most: int) -> None:
    side, share = basket.agent.side, basket.agent.profile.utility_share
    order = ["smokegrenade", "flashbang", _FIRE[side], "hegrenade", "flashbang"]
    if not chance(rng, SMOKE_FIRST_SHARE):
        order[0], order[1] = order[1], order[0]
    held = sum(basket.count(name) for name in {*order})
    for name in order:
        limit = MOST_FLASHES if name == "flashbang" else 1
        if held < most and basket.count(name) < limit and chance(rng, share + EXTRA_SHARE) and basket.take(name):
            held += 1
    if held < most and chance(rng, DECOY_SHARE):
        basket.take("decoy")


def _gear_value(agent: Agent) -> int:
    held = [WEAPONS[item.kind.name] for item in agent.player.items if item.kind.name in WEAPONS]
    guns = sum(weapon.price for weapon in held if weapon.weapon_class in _PRIMARY)
    return guns + (WEAPONS["vest"].price if agent.player.armor >= WORN_ARMOR else 0)
