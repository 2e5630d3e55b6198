"""Players as the recording has them: a controller each, and the body that he moves.

Most of a recording is where everybody is, how fast, and where he looks: this is written straight into the entities.
Everything else about a player is looked at only when his `revision` says that something changed.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from offangle.core.sides import Side
from offangle_sim.demo.bits import Chunk
from offangle_sim.demo.entities import Entity
from offangle_sim.demo.send_tables import NO_HANDLE
from offangle_sim.server.grid import (
    ANGLE_MASK,
    PRECISE_ANGLE_BITS,
    VELOCITY_BITS,
    VELOCITY_HIGH_U,
    VELOCITY_LOW_U,
    VELOCITY_STEPS,
)
from offangle_sim.server.state import Item, Player, Totals

if TYPE_CHECKING:
    from offangle_sim.server.setup import Vec3

SIDE_NUMBERS: Final[Mapping[Side | None, int]] = {None: 1, "t": 2, "ct": 3}
"""The game's numbers of the sides; 1 watches."""
ON_GROUND: Final = 1
DUCKING: Final = 2
STANDING_FLAGS: Final = 65536
ALIVE, DEAD = 0, 2
CONNECTED: Final = 0
FIRST_CONTROLLER, FIRST_PAWN = 1, 100
TEAM_COLORS: Final = 5
NO_GROUND: Final = 0xFFFFFF
_STATS: Final = "m_pActionTrackingServices.m_matchStats."
_MONEY: Final = "m_pInGameMoneyServices."
_VELOCITIES: Final = tuple(f"m_vecVelocity.m_vec{axis}" for axis in "XYZ")
_AT_REST: Final = (0.0, 0.0, 0.0)
_VELOCITY_SPAN: Final = VELOCITY_HIGH_U - VELOCITY_LOW_U
_CIRCLE: Final = 1 << PRECISE_ANGLE_BITS

EntityOf = Callable[[Item], Entity]


class Body:
    """A pawn, and what was last written of the one who moves it.

    Attributes:
        entity: The pawn.
        shows: Whose state it shows, and as of which revision.
    """

    __slots__ = ("_angles", "_pitch", "_position", "_velocities", "_velocity", "_yaw", "entity", "shows")

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self._velocities = tuple(entity.entity_class.field(name).path for name in _VELOCITIES)
        self._angles = entity.entity_class.field("m_angEyeAngles").path
        self._position: Vec3 | None = None
        self._velocity: Vec3 = _AT_REST
        self._pitch = self._yaw = 0.0
        self.shows: tuple[int, int] | None = None

    def follow(self, player: Player) -> None:
        """Where he is, how fast he is, and where he looks."""
        entity = self.entity
        if player.position != self._position:
            self._position = player.position
            entity.set_position(*player.position)
        velocity = player.velocity
        if velocity != self._velocity:
            for path, part, before in zip(self._velocities, velocity, self._velocity, strict=True):
                if part != before:
                    entity.write(path, encode_velocity(part))
            self._velocity = velocity
        pitch, yaw = player.pitch_deg, player.yaw_deg
        if pitch != self._pitch or yaw != self._yaw:
            self._pitch, self._yaw = pitch, yaw
            entity.write(self._angles, encode_view(pitch, yaw))

    def show(self, player: Player, entity_of: EntityOf) -> None:
        """Everything else."""
        self.shows = (player.entry.slot, player.revision)
        for item in player.items:
            show_item(entity_of(item), item)
        entity = self.entity
        entity.set_list("m_pWeaponServices.m_hMyWeapons", [entity_of(item).handle for item in player.items])
        active = NO_HANDLE if player.active is None else entity_of(player.active).handle
        entity.set("m_pWeaponServices.m_hActiveWeapon", active)
        entity.update(_body_fields(player))

    def look_anew(self) -> None:
        """Somebody else moves it: nothing is known of what was written."""
        self._position, self.shows = None, None


def encode_velocity(part: float) -> Chunk:
    """A component of a velocity: `quantized(20, -16384, 16384, ENCODE_ZERO)`, spelled out."""
    if part == 0.0:
        return 1, 1
    step = int((part - VELOCITY_LOW_U) * VELOCITY_STEPS / _VELOCITY_SPAN + 0.5)
    return min(max(step, 0), VELOCITY_STEPS) << 1, VELOCITY_BITS + 1


def encode_view(pitch: float, yaw: float) -> Chunk:
    """A view without roll: `send_tables.encode_angles`, spelled out."""
    value, width = 0, 3
    if pitch:
        value, width = (
            1 | (int(((pitch + 180.0) % 360.0) * _CIRCLE / 360.0 + 0.5) & ANGLE_MASK) << 3,
            3 + PRECISE_ANGLE_BITS,
        )
    if yaw:
        value |= 2 | (int(((yaw + 180.0) % 360.0) * _CIRCLE / 360.0 + 0.5) & ANGLE_MASK) << width
        width += PRECISE_ANGLE_BITS
    return value, width


def _body_fields(player: Player) -> dict[str, Any]:
    ducks, stands = player.is_ducking, player.is_on_ground
    return {
        "m_iHealth": player.health,
        "m_ArmorValue": player.armor,
        "m_pItemServices.m_bHasHelmet": player.has_helmet,
        "m_pItemServices.m_bHasDefuser": player.has_kit,
        "m_unCurrentEquipmentValue": player.equipment_value,
        "m_lifeState": ALIVE if player.is_alive else DEAD,
        "m_flFlashDuration": player.flash_s,
        "m_bFlashing": player.flash_s > 0.0,
        "m_bIsScoped": player.is_scoped,
        "m_bIsWalking": player.is_walking,
        "m_bInBuyZone": player.is_in_buy_zone,
        "m_bInBombZone": player.is_in_bomb_zone,
        "m_bIsDefusing": player.is_defusing,
        "m_szLastPlaceName": player.place,
        "m_fFlags": STANDING_FLAGS | (ON_GROUND if stands else 0) | (DUCKING if ducks else 0),
        "m_pMovementServices.m_bDucked": ducks,
        "m_pMovementServices.m_flDuckAmount": float(ducks),
        "m_hGroundEntity": 0 if stands else NO_GROUND,
        "m_iTeamNum": SIDE_NUMBERS[player.side],
    }


def show_item(entity: Entity, item: Item) -> None:
    """What changes about an item while it is held."""
    entity.set("m_iClip1", item.clip)
    entity.set("m_pReserveAmmo.0", item.reserve)
    entity.set("m_fLastShotTime", item.last_shot_s)
    if item.kind.name == "c4":
        entity.set("m_bStartedArming", item.is_arming)


def show_controller(entity: Entity, player: Player) -> None:
    """What a player's controller says of him."""
    entity.update(
        {
            "m_iPawnHealth": player.health,
            "m_iPawnArmor": player.armor,
            "m_bPawnHasHelmet": player.has_helmet,
            "m_bPawnHasDefuser": player.has_kit,
            "m_bPawnIsAlive": player.is_alive,
            "m_iTeamNum": SIDE_NUMBERS[player.side],
            "m_iPing": player.ping_ms,
            f"{_MONEY}m_iAccount": player.money,
            f"{_MONEY}m_iStartAccount": player.start_money,
            f"{_MONEY}m_iCashSpentThisRound": player.cash_spent_this_round,
            f"{_MONEY}m_iTotalCashSpent": player.cash_spent,
            **_scoreboard_fields(player.totals),
        }
    )


def _scoreboard_fields(totals: Totals) -> dict[str, int]:
    return {
        f"{_STATS}m_iKills": totals.kills,
        f"{_STATS}m_iDeaths": totals.deaths,
        f"{_STATS}m_iAssists": totals.assists,
        f"{_STATS}m_iHeadShotKills": totals.headshot_kills,
        f"{_STATS}m_iDamage": totals.damage,
        f"{_STATS}m_iUtilityDamage": totals.utility_damage,
        f"{_STATS}m_iEnemiesFlashed": totals.enemies_flashed,
        "m_iMVPs": totals.mvps,
        "m_iScore": totals.score,
    }


def name_plate(player: Player) -> dict[str, Any]:
    """What a controller says from the beginning."""
    entry = player.entry
    return {
        "m_iszPlayerName": entry.name,
        "m_steamID": 0 if entry.is_bot else entry.steam_id,
        "m_iCompTeammateColor": entry.slot % TEAM_COLORS,
        "m_iConnected": CONNECTED,
    }
