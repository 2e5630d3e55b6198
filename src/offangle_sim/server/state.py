"""The match as it stands: players, items, grenades, the bomb, rounds, and where the match is in its course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from offangle.core.sides import Side, Team
from offangle.core.weapons import WEAPONS
from offangle_sim.server.edicts import Edict
from offangle_sim.server.items import ItemKind
from offangle_sim.server.setup import PlayerEntry, Vec3

FULL_HEALTH: Final = 100
FULL_ARMOR: Final = 100
KEVLAR_VALUE, HELMET_VALUE, KIT_VALUE = 650, 350, 400
MONEY_MAX: Final = 16000

Phase = Literal["first_half", "side_switch", "match_ended"]
BombState = Literal["planted", "exploded", "defused"]


@dataclass(slots=True, eq=False)
class Item:
    """One item, held or on the ground.

    Attributes:
        kind: What it is.
        edict: Its name as an entity.
        original_owner: Who brought it: the steam_id of the tables.
        owner_steam_id: The account that brought it; 0 for a bot's.
        clip: Rounds in the clip; -1 for items without one.
        reserve: Rounds beside the clip.
        last_shot_s: The game's time at the last shot.
        is_arming: The bomb is being planted.
    """

    kind: ItemKind
    edict: Edict
    original_owner: int
    owner_steam_id: int
    clip: int
    reserve: int
    last_shot_s: float = 0.0
    is_arming: bool = False


@dataclass(slots=True)
class Totals:
    """A player's line of the scoreboard."""

    kills: int = 0
    deaths: int = 0
    assists: int = 0
    headshot_kills: int = 0
    damage: int = 0
    utility_damage: int = 0
    enemies_flashed: int = 0
    mvps: int = 0
    score: int = 0


@dataclass(slots=True, eq=False)
class Player:
    """A player as the server has him now.

    `body` is the slot of the body that he moves: his own, or a bot's after he took it over, while the bot lies in his.
    Whoever changes anything but place, speed and view raises `revision`, by which those who are told see that
    something changed.
    """

    entry: PlayerEntry
    body: int
    revision: int = 0
    side: Side | None = None
    is_connected: bool = False
    is_alive: bool = False
    health: int = 0
    armor: int = 0
    has_helmet: bool = False
    has_kit: bool = False
    money: int = 0
    position: Vec3 = (0.0, 0.0, 0.0)
    velocity: Vec3 = (0.0, 0.0, 0.0)
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    items: list[Item] = field(default_factory=list)
    active: Item | None = None
    reloading: Item | None = None
    place: str = ""
    ping_ms: int = 0
    flash_s: float = 0.0
    flash_ends_tick: int = 0
    is_scoped: bool = False
    is_walking: bool = False
    is_ducking: bool = False
    is_on_ground: bool = True
    is_in_buy_zone: bool = False
    is_in_bomb_zone: bool = False
    is_defusing: bool = False
    plays_bot: "Player | None" = None
    totals: Totals = field(default_factory=Totals)
    start_money: int = 0
    cash_spent_this_round: int = 0
    cash_spent: int = 0
    commands: int = 0
    commanded_tick: int = 0

    @property
    def truth_id(self) -> int:
        """The player's steam_id in the tables."""
        return self.entry.truth_id

    def item(self, name: str) -> Item | None:
        """The first item of that name that the player holds."""
        return next((item for item in self.items if item.kind.name == name), None)

    @property
    def equipment_value(self) -> int:
        """What the player carries is worth, as the game counts it."""
        gear = KEVLAR_VALUE * (self.armor > 0) + HELMET_VALUE * self.has_helmet + KIT_VALUE * self.has_kit
        return gear + sum(WEAPONS[item.kind.name].price for item in self.items)


OF_THE_BODY: Final = (
    *("health", "armor", "has_helmet", "has_kit", "position", "velocity", "pitch_deg", "yaw_deg", "items", "active"),
    *("place", "flash_s", "flash_ends_tick", "is_scoped", "is_walking", "is_ducking", "is_on_ground", "is_alive"),
    *("body", "is_in_buy_zone", "is_in_bomb_zone", "is_defusing"),
)
"""What belongs to the body and not to the player who moves it."""


def swap_bodies(player: Player, bot: Player) -> None:
    """Each goes on with what belongs to the other one's body."""
    for name in OF_THE_BODY:
        mine, its = getattr(player, name), getattr(bot, name)
        setattr(player, name, its)
        setattr(bot, name, mine)


@dataclass(slots=True, eq=False)
class Grenade:
    """A grenade from the throw until its effect is gone.

    Attributes:
        number: By which the thrower's side of the simulator speaks of it.
        name: Its id in the tables.
        kind: As `core.weapons.GRENADE_ITEMS` has it.
        item: The name of what was thrown.
        edict: What flies; None once it is gone.
        fire: What burns.
        cells: What of it burns now.
        throw_position: Where it left the hand.
        fire_position: The middle of the fire.
    """

    number: int
    name: str
    kind: str
    item: str
    thrower: Player
    throw_tick: int
    throw_position: Vec3
    throw_velocity: Vec3
    edict: Edict | None
    position: Vec3
    velocity: Vec3 | None = None
    bounces: int = 0
    is_flying: bool = True
    effect_tick: int | None = None
    fire: Edict | None = None
    fire_position: Vec3 = (0.0, 0.0, 0.0)
    cells: Sequence[Vec3] = ()
    area_is_open: bool = False


@dataclass(slots=True, eq=False)
class Bomb:
    """The planted bomb."""

    edict: Edict
    site: str
    planter: Player
    position: Vec3
    state: BombState = "planted"
    defuser: Player | None = None
    defuse_length_s: float = 0.0
    defuse_ends_s: float = 0.0


@dataclass(slots=True)
class RoundRecord:
    """One round as it went.

    Attributes:
        kind: One of `core.terms.ROUND_KINDS`; a counted one may become `restored` later.
        start_tick: Begin of freeze time.
        sides: Each team's side.
        score_before: Each team's score.
        counter: Rounds that the game had counted before.
        roster: Side of each player at freeze end, by slot.
        totals_before: Each player's scoreboard when the round began, by slot.
    """

    kind: str
    start_tick: int
    sides: dict[Team, Side]
    score_before: dict[Team, int]
    counter: int
    half: int
    freeze_end_tick: int | None = None
    end_tick: int | None = None
    officially_ended_tick: int | None = None
    winner: Side | None = None
    reason: str = "unknown"
    roster: dict[int, Side] = field(default_factory=dict)
    economy: dict[int, dict[str, Any]] = field(default_factory=dict)
    totals_before: dict[int, Totals] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether statistics rest on this round."""
        return self.kind in {"regular", "overtime"}


@dataclass(slots=True)
class Course:
    """Where the match is: what the game's own rules say of it.

    Attributes:
        counted: Rounds that the game has counted.
        round_winner: Of the round being shown; None while it is open.
        pauses: Sides that have called a timeout; None for a technical one.
        overtime: Which one is played; 0 in regulation.
    """

    counted: int = 0
    phase: Phase = "first_half"
    is_warmup: bool = False
    has_started: bool = False
    is_freeze: bool = False
    is_bomb_planted: bool = False
    is_bomb_dropped: bool = False
    round_winner: Side | None = None
    round_reason: str = ""
    rounds_started: int = 0
    rounds_ended: int = 0
    matches_ended: int = 0
    overtime: int = 0
    warmup_start_s: float | None = None
    warmup_end_s: float | None = None
    match_start_s: float | None = None
    round_start_s: float | None = None
    round_start_number: int | None = None
    phase_rounds: int | None = None
    pauses: frozenset[Side | None] = frozenset()


def sides_of_start() -> dict[Team, Side]:
    """Team `a` starts as CT."""
    return {"a": "ct", "b": "t"}


Score = Mapping[Team, int]
