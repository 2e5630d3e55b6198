"""What happens in a match, as those are told who write it down.

An event holds what cannot be read from the state afterwards; everything else is in the objects it names, as they are
when it is told.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from offangle.core.sides import Side
from offangle_sim.server.setup import Vec3
from offangle_sim.server.state import Bomb, Grenade, Item, Player, RoundRecord


class Event:
    """Something that happened in the tick being played."""

    __slots__ = ()


class Sink(Protocol):
    """Whoever writes a match down: it is told what happens, and looks at the state when a tick ends."""

    def told(self, event: Event) -> None:
        """Something happened in this tick."""

    def tick_begun(self) -> None:
        """A tick begins."""

    def tick_ended(self) -> None:
        """Everything of this tick was told, and the state is what the tick leaves behind."""

    def close(self) -> None:
        """The match is over."""


# --- players


@dataclass(frozen=True, slots=True)
class Joined(Event):
    """A player is there, again or for the first time."""

    player: Player


@dataclass(frozen=True, slots=True)
class Left(Event):
    """A player is gone, with his body and everything carried."""

    player: Player


@dataclass(frozen=True, slots=True)
class SwitchedTeam(Event):
    """A player changes sides alone."""

    player: Player
    old_side: Side | None


@dataclass(frozen=True, slots=True)
class Coaches(Event):
    """Somebody watches a side."""

    player: Player
    side: Side


@dataclass(frozen=True, slots=True)
class TookOverBot(Event):
    """A dead player goes on in a bot's body."""

    player: Player
    bot: Player


@dataclass(frozen=True, slots=True)
class GaveBotBack(Event):
    """Both have their own bodies again."""

    player: Player
    bot: Player


@dataclass(frozen=True, slots=True)
class Spawned(Event):
    """A player stands at a spawn, alive and whole."""

    player: Player


@dataclass(frozen=True, slots=True)
class Stepped(Event):
    """A step that can be heard."""

    player: Player


@dataclass(frozen=True, slots=True)
class Jumped(Event):
    """A jump that can be heard."""

    player: Player


@dataclass(frozen=True, slots=True)
class Said(Event):
    """A line of chat."""

    player: Player
    text: str
    is_team_only: bool


# --- items


@dataclass(frozen=True, slots=True)
class ItemMade(Event):
    """A new item, in somebody's hands."""

    player: Player
    item: Item


@dataclass(frozen=True, slots=True)
class ItemGone(Event):
    """An item is no more."""

    item: Item


@dataclass(frozen=True, slots=True)
class Bought(Event):
    """A purchase; `item` is None for armor and kits."""

    player: Player
    name: str
    price: int
    item: Item | None


@dataclass(frozen=True, slots=True)
class LetGo(Event):
    """An item falls to the ground, where the player stands."""

    player: Player
    item: Item
    position: Vec3


@dataclass(frozen=True, slots=True)
class TakenUp(Event):
    """An item is taken from the ground."""

    player: Player
    item: Item


# --- fights


@dataclass(frozen=True, slots=True)
class BulletTrace:
    """One bullet as the server traced it.

    Attributes:
        origin: Where it started, in Hammer units.
        pitch_deg: Where to, negative upwards.
        yaw_deg: Where to, counted from east.
        inaccuracy: The cone's share from movement and firing.
        spread: The weapon's own share.
        recoil_index: Shots into the spray.
        seed: Of the spread.
    """

    origin: Vec3
    pitch_deg: float
    yaw_deg: float
    inaccuracy: float = 0.0
    spread: float = 0.0
    recoil_index: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class KillFlags:
    """How a kill came about; the columns of `kills`."""

    is_headshot: bool = False
    is_flash_assist: bool = False
    penetrated_objects: int = 0
    is_through_smoke: bool = False
    is_no_scope: bool = False
    is_attacker_blind: bool = False


@dataclass(frozen=True, slots=True)
class Fired(Event):
    """An item is used: a shot, a swing, a throw.

    Attributes:
        item: What was used.
        trace: What the server traced; None for what is no bullet.
        impacts: Where it struck the world.
        is_silenced: The silencer is on.
    """

    player: Player
    item: Item
    trace: BulletTrace | None = None
    impacts: tuple[Vec3, ...] = ()
    is_silenced: bool = False


@dataclass(frozen=True, slots=True)
class ReloadBegun(Event):
    """The clip is taken out."""

    player: Player


@dataclass(frozen=True, slots=True)
class Hurt(Event):
    """Somebody took damage.

    Attributes:
        weapon: Canonical name; `inferno` for fire, `world` for a fall.
        damage: Before it is capped at the health that was left.
        removed: The health that it took.
    """

    victim: Player
    attacker: Player | None
    weapon: str
    hit_group: str
    damage: int
    removed: int
    armor_damage: int


@dataclass(frozen=True, slots=True)
class Killed(Event):
    """Somebody dies; he still holds what he carried."""

    victim: Player
    attacker: Player | None
    assister: Player | None
    weapon: str
    flags: KillFlags


@dataclass(frozen=True, slots=True)
class Blinded(Event):
    """A flash blinds somebody, in the tick in which it bursts."""

    victim: Player
    attacker: Player
    grenade: Grenade
    duration_s: float


# --- grenades and the bomb


@dataclass(frozen=True, slots=True)
class Thrown(Event):
    """A grenade leaves the hand."""

    grenade: Grenade


@dataclass(frozen=True, slots=True)
class WentOff(Event):
    """A grenade takes effect where it is: flash and HE are over at once, a molotov burns."""

    grenade: Grenade


@dataclass(frozen=True, slots=True)
class FireSpread(Event):
    """Other cells of a fire burn now."""

    grenade: Grenade


@dataclass(frozen=True, slots=True)
class WoreOff(Event):
    """What a grenade did for a while is over, for players to see."""

    grenade: Grenade


@dataclass(frozen=True, slots=True)
class Swept(Event):
    """A new round takes a smoke away."""

    grenade: Grenade


@dataclass(frozen=True, slots=True)
class ProjectileGone(Event):
    """What flew is no more, in this very moment; its effect may go on."""

    grenade: Grenade


@dataclass(frozen=True, slots=True)
class FireGone(Event):
    """What burned is no more."""

    grenade: Grenade


BombWord = Literal[
    "dropped",
    "picked_up",
    "plant_begin",
    "plant_abort",
    "planted",
    "defuse_begin",
    "defuse_abort",
    "defused",
    "exploded",
]
"""The words of `bomb_events`."""


@dataclass(frozen=True, slots=True)
class BombTold(Event):
    """Something about the bomb.

    Attributes:
        word: One of the words of `bomb_events`.
        player: Who did it; the planter where it goes off.
        site: `a` or `b`; None where it is carried or lies.
        item: The carried bomb; None once it is planted.
        bomb: The planted one; None before.
    """

    word: BombWord
    player: Player
    site: str | None
    item: Item | None
    bomb: Bomb | None


@dataclass(frozen=True, slots=True)
class BombGone(Event):
    """The planted bomb is taken away."""

    bomb: Bomb


# --- the match


@dataclass(frozen=True, slots=True)
class MatchStarted(Event):
    """The match goes live."""


@dataclass(frozen=True, slots=True)
class RoundStarted(Event):
    """A round's freeze time begins."""

    record: RoundRecord


@dataclass(frozen=True, slots=True)
class FreezeEnded(Event):
    """Players may move."""

    record: RoundRecord


@dataclass(frozen=True, slots=True)
class RoundDecided(Event):
    """A round is won."""

    record: RoundRecord


@dataclass(frozen=True, slots=True)
class StarNamed(Event):
    """The star of the round."""

    player: Player


@dataclass(frozen=True, slots=True)
class PhaseEnded(Event):
    """A half is over."""


@dataclass(frozen=True, slots=True)
class MatchEnded(Event):
    """The final scoreboard."""
