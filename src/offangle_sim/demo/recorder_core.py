"""What all parts of the match recorder share: the writer, the players, the rules, and the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from offangle.core.sides import Side, Team
from offangle.core.weapons import WEAPONS
from offangle_sim.demo.entities import Entity
from offangle_sim.demo.items import ITEMS, ItemKind, model_of
from offangle_sim.demo.quantized import quantized
from offangle_sim.demo.send_tables import NO_HANDLE, PRECISE_ANGLE_BITS
from offangle_sim.demo.string_tables import RosterEntry
from offangle_sim.demo.truth import TruthLog
from offangle_sim.demo.writer import DemoWriter

Vec3: TypeAlias = tuple[float, float, float]

SIDE_NUMBERS: Final[Mapping[Side | None, int]] = {None: 1, "t": 2, "ct": 3}
"""The game's numbers of the sides; 1 watches."""

ON_GROUND: Final = 1
_STANDING_FLAGS: Final = 65536
ALIVE, DEAD = 0, 2
FULL_HEALTH: Final = 100
FIRST_CONTROLLER, FIRST_TEAM, RULES, RESOURCE, FIRST_SITE, FIRST_PAWN = 1, 70, 80, 81, 82, 100
KEVLAR_VALUE, HELMET_VALUE, KIT_VALUE = 650, 350, 400
TEAM_COLORS: Final = 5
MONEY_MAX: Final = 16000

_VELOCITY = quantized(20, -16384.0, 16384.0, 4)
_ANGLE_STEP: Final = 360.0 / (1 << PRECISE_ANGLE_BITS)


@dataclass(frozen=True, slots=True)
class PlayerEntry:
    """A player of the match.

    Attributes:
        slot: From 0.
        name: As the scoreboard shows it.
        steam_id: SteamID64; 0 for a bot.
        team: `a` or `b`; None for a coach or spectator.
        is_bot: Played by the server.
    """

    slot: int
    name: str
    steam_id: int
    team: Team | None
    is_bot: bool = False

    @property
    def truth_id(self) -> int:
        """The steam_id of the tables: bots carry -(slot + 1)."""
        return -(self.slot + 1) if self.is_bot else self.steam_id

    def roster_entry(self) -> RosterEntry:
        """The player as the recording's table of users has it."""
        return RosterEntry(self.slot, self.name, 0 if self.is_bot else self.steam_id, self.is_bot)


@dataclass(slots=True)
class Item:
    """One item, held or on the ground."""

    kind: ItemKind
    entity: Entity
    original_owner: int


@dataclass(slots=True)
class Player:
    """A player as the recording has him now.

    `pawn` is his own; `body` the one he moves: a bot's after he took it over, while the bot lies in his.
    """

    entry: PlayerEntry
    controller: Entity
    pawn: Entity
    body: Entity
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
    commands: int = 0
    commanded_tick: int = 0
    plays_bot: "Player | None" = None

    @property
    def truth_id(self) -> int:
        """The player's steam_id in the tables."""
        return self.entry.truth_id

    def item(self, name: str) -> Item | None:
        """The first item of that name that the player holds."""
        return next((item for item in self.items if item.kind.name == name), None)


def absent_player(writer: DemoWriter, entry: PlayerEntry) -> Player:
    """A player who has not come yet."""
    controller, pawn = writer.detached("CCSPlayerController"), writer.detached("CCSPlayerPawn")
    controller.update(
        {
            "m_iszPlayerName": entry.name,
            "m_steamID": 0 if entry.is_bot else entry.steam_id,
            "m_iCompTeammateColor": entry.slot % TEAM_COLORS,
        }
    )
    pawn.update({"m_lifeState": DEAD, "m_fFlags": _STANDING_FLAGS | ON_GROUND, "m_hGroundEntity": 0})
    return Player(entry, controller, pawn, pawn)


def on_angle_grid(angle_deg: float) -> float:
    """The angle that a reader gets back."""
    steps = int(((angle_deg + 180.0) % 360.0) / _ANGLE_STEP + 0.5) & ((1 << PRECISE_ANGLE_BITS) - 1)
    return steps * _ANGLE_STEP - 180.0 if angle_deg else 0.0


def on_velocity_grid(velocity: float) -> float:
    """The component of a velocity that a reader gets back."""
    return _VELOCITY.nearest(velocity)


class RecorderCore:
    """The parts that every scene of a match uses."""

    def __init__(self, writer: DemoWriter, players: Mapping[int, Player], *, ticks_every: int) -> None:
        self.writer = writer
        self.players = dict(players)
        self.log = TruthLog()
        self.ticks_every = ticks_every
        self.rules: Entity
        self.teams: dict[Side, Entity] = {}
        self.dropped_items: dict[int, Item] = {}

    @property
    def tick(self) -> int:
        """The tick being written."""
        return self.writer.tick

    def player(self, slot: int) -> Player:
        """The player in `slot`.

        Raises:
            KeyError: Nobody has that slot.
        """
        return self.players[slot]

    def set_rules(self, **values: Any) -> None:
        """Change the game's rules entity."""
        for name, value in values.items():
            self.rules.set(f"m_pGameRules.{name}", value)

    def player_event(self, name: str, player: Player, **values: float | str) -> None:
        """An event about one player."""
        self.writer.event(name, {"userid": player.entry.slot, "userid_pawn": player.body.event_handle, **values})

    def set_money(self, player: Player, money: int) -> None:
        """The player's account, within the game's bounds."""
        player.money = max(0, min(MONEY_MAX, money))
        player.controller.set("m_pInGameMoneyServices.m_iAccount", player.money)

    def set_armor(self, player: Player, armor: int, *, helmet: bool) -> None:
        """Kevlar and helmet, on pawn and controller alike."""
        player.armor, player.has_helmet = armor, helmet
        player.body.update({"m_ArmorValue": armor, "m_pItemServices.m_bHasHelmet": helmet})
        player.controller.update({"m_iPawnArmor": armor, "m_bPawnHasHelmet": helmet})

    def set_kit(self, player: Player, *, has_kit: bool) -> None:
        """The defuse kit."""
        player.has_kit = has_kit
        player.body.set("m_pItemServices.m_bHasDefuser", has_kit)
        player.controller.set("m_bPawnHasDefuser", has_kit)

    def set_health(self, player: Player, health: int) -> None:
        """Health, on pawn and controller alike."""
        player.health = health
        player.body.set("m_iHealth", health)
        player.controller.set("m_iPawnHealth", health)

    def equipment_value(self, player: Player) -> int:
        """What the player carries is worth, as the game counts it."""
        gear = KEVLAR_VALUE * (player.armor > 0) + HELMET_VALUE * player.has_helmet + KIT_VALUE * player.has_kit
        return gear + sum(WEAPONS[item.kind.name].price for item in player.items)

    def show_items(self, player: Player) -> None:
        """Bring the pawn's list of weapons and the equipment value up to date."""
        body = player.body
        body.set_list("m_pWeaponServices.m_hMyWeapons", [item.entity.handle for item in player.items])
        if player.active not in player.items:
            self.hold(player, player.items[0] if player.items else None)
        body.set("m_unCurrentEquipmentValue", self.equipment_value(player))

    def hold(self, player: Player, item: Item | None) -> None:
        """Take an item in hand."""
        player.active = item
        if player.reloading is not item:
            player.reloading = None
        player.body.set("m_pWeaponServices.m_hActiveWeapon", NO_HANDLE if item is None else item.entity.handle)

    def new_item(self, player: Player, name: str) -> Item:
        """A fresh item in the player's hands.

        Raises:
            KeyError: No such item.
        """
        kind, owner = ITEMS[name], player.entry.steam_id
        entity = self.writer.create(
            kind.class_name,
            fields={
                "m_iItemDefinitionIndex": kind.definition_index,
                "m_hOwnerEntity": player.body.handle,
                "m_iTeamNum": SIDE_NUMBERS[player.side],
                "m_iClip1": kind.clip,
                "m_OriginalOwnerXuidLow": owner & 0xFFFFFFFF,
                "m_OriginalOwnerXuidHigh": owner >> 32,
                "m_pReserveAmmo.0": kind.reserve,
                "CBodyComponent.m_hModel": model_of(kind),
            },
        )
        item = Item(kind, entity, player.truth_id)
        player.items.append(item)
        self.show_items(player)
        return item

    def lose_item(self, player: Player, item: Item) -> None:
        """The item is used up."""
        player.items.remove(item)
        self.writer.delete(item.entity)
        self.show_items(player)

    def place_of(self, player: Player | None, role: str) -> dict[str, float | None]:
        """Position columns of one role in a truth row."""
        position = (None, None, None) if player is None else player.body.position()
        return {f"{role}_{axis}": value for axis, value in zip("xyz", position, strict=True)}

    def flags(self, player: Player) -> int:
        """The pawn's movement flags."""
        return _STANDING_FLAGS | (ON_GROUND if player.is_on_ground else 0) | (2 if player.is_ducking else 0)
