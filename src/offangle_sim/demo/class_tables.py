"""The classes of entities that readers look for, declared field by field."""

from functools import lru_cache
from typing import Final, Literal, TypeAlias

from offangle_sim.demo.send_tables import Field, Schema, Table, schema

GameModeRules: TypeAlias = Literal["arms_race", "deathmatch", "none"]
"""What the rules' pointer to the mode's own rules leads to; competitive and wingman have none."""

_MODES: Final[tuple[GameModeRules, ...]] = ("arms_race", "deathmatch", "none")
_POSITION_NODE: Final = "m_skeletonInstance.m_vecOrigin"
_ITEM_NODE: Final = "m_AttributeManager.m_Item"
_COLLISION_NODE: Final = "m_Collision.m_collisionAttribute"

GUNS: Final = (
    *("CAK47", "CDEagle", "CKnife", "CWeaponM4A1", "CWeaponM4A1Silencer", "CWeaponAWP", "CWeaponGlock"),
    *("CWeaponHKP2000", "CWeaponUSPSilencer", "CWeaponElite", "CWeaponP250", "CWeaponTec9", "CWeaponFiveSeven"),
    *("CWeaponCZ75a", "CWeaponRevolver", "CWeaponMAC10", "CWeaponMP9", "CWeaponMP7", "CWeaponMP5SD", "CWeaponUMP45"),
    *("CWeaponP90", "CWeaponBizon", "CWeaponNOVA", "CWeaponXM1014", "CWeaponSawedoff", "CWeaponMag7", "CWeaponM249"),
    *("CWeaponNegev", "CWeaponGalilAR", "CWeaponFamas", "CWeaponAug", "CWeaponSG556", "CWeaponSSG08"),
    *("CWeaponSCAR20", "CWeaponG3SG1", "CWeaponTaser"),
)
GRENADES: Final = (
    *("CHEGrenade", "CFlashbang", "CSmokeGrenade", "CMolotovGrenade", "CIncendiaryGrenade", "CDecoyGrenade"),
)


def _time(name: str) -> Field:
    return Field("GameTime_t", name, bits=32)


def _float(name: str, node: str = "") -> Field:
    return Field("float32", name, node, bits=32)


def _vector(name: str, node: str = "") -> Field:
    return Field("Vector", name, node, bits=32)


def _handle(name: str, target: str = "CBaseEntity") -> Field:
    return Field(f"CHandle< {target} >", name)


def _all(kind: str, *names: str, node: str = "") -> tuple[Field, ...]:
    return tuple(Field(kind, name, node) for name in names)


_POSITION: Final = (
    *(Field("uint16", f"m_cell{axis}", _POSITION_NODE) for axis in "XYZ"),
    *(
        Field("CNetworkedQuantizedFloat", f"m_vec{axis}", _POSITION_NODE, bits=15, high=1024.0, flags=1)
        for axis in "XYZ"
    ),
)
_MODEL: Final = Field("CStrongHandle< InfoForResourceTypeCModel >", "m_hModel", "m_skeletonInstance.m_modelState")
_VELOCITY: Final = tuple(
    Field("CNetworkedQuantizedFloat", f"m_vec{axis}", "m_vecVelocity", bits=20, low=-16384.0, high=16384.0, flags=4)
    for axis in "XYZ"
)
_ANIMATED_BODY: Final = Table(
    "CBodyComponentBaseAnimGraph",
    (*_POSITION, Field("QAngle", "m_angRotation", "m_skeletonInstance", "qangle_precise", 0), _MODEL),
)
_STILL_BODY: Final = Table("CBodyComponentBaseModelEntity", (*_POSITION, _MODEL))
_IDENTITY: Final = Table("CEntityIdentity", _all("int32", "m_nameStringTableIndex"))
_IDENTITY_POINTER: Final = Field("CEntityIdentity*", "m_pEntity", table=_IDENTITY)


def _entity(body: Table, *extra: Field) -> tuple[Field, ...]:
    """What every entity in the world has."""
    return (
        Field("float32", "m_flSimulationTime"),
        _handle("m_hOwnerEntity"),
        *extra,
        Field("CBodyComponent", "CBodyComponent", table=body),
        _IDENTITY_POINTER,
        Field("CUtlStringToken", "m_nSubclassID"),
        _time("m_flCreateTime"),
        Field("uint8", "m_iTeamNum"),
        *_all("uint32", "m_nEntityId", "m_nOwnerId", node=_COLLISION_NODE),
        _vector("m_vecMins", "m_Collision"),
        _vector("m_vecMaxs", "m_Collision"),
    )


# --- rules, teams, the map

_MODE_RULES: Final = Table("CCSGameModeRules", ())
_MODE_TABLES: Final = (
    Table("CCSGameModeRules_ArmsRace", (Field("CNetworkUtlVectorBase< CUtlString >", "m_WeaponSequence"),)),
    Table(
        "CCSGameModeRules_Deathmatch",
        (_time("m_flDMBonusStartTime"), _float("m_flDMBonusTimeLength"), Field("CUtlString", "m_sDMBonusWeapon")),
    ),
    Table("CCSGameModeRules_Noop", ()),
)


def _rules(mode: GameModeRules) -> Table:
    pointer = Field(
        "CCSGameModeRules*",
        "m_pGameModeRules",
        table=_MODE_RULES,
        choices=_MODE_TABLES,
        chosen=_MODES.index(mode) + 1,
    )
    flags = (
        *("m_bGamePaused", "m_bFreezePeriod", "m_bWarmupPeriod", "m_bTerroristTimeOutActive", "m_bCTTimeOutActive"),
        *("m_bTechnicalTimeOut", "m_bMatchWaitingForResume", "m_bGameRestart", "m_bMapHasBombTarget"),
        *("m_bMapHasRescueZone", "m_bMapHasBuyZone", "m_bIsQueuedMatchmaking", "m_bHasMatchStarted", "m_bBombPlanted"),
        *("m_bBombDropped", "m_bTCantBuy", "m_bCTCantBuy"),
    )
    numbers = (
        *("m_nTerroristTimeOuts", "m_nCTTimeOuts", "m_iFreezeTime", "m_iRoundTime", "m_gamePhase"),
        *("m_totalRoundsPlayed", "m_nRoundsPlayedThisPhase", "m_nOvertimePlaying", "m_nQueuedMatchmakingMode"),
        *("m_iRoundWinStatus", "m_eRoundWinReason", "m_iNumConsecutiveCTLoses", "m_iNumConsecutiveTerroristLoses"),
        *("m_nMatchAbortedEarlyReason", "m_iRoundEndWinnerTeam", "m_eRoundEndReason", "m_iRoundStartRoundNumber"),
    )
    times = ("m_fWarmupPeriodEnd", "m_fWarmupPeriodStart", "m_fRoundStartTime", "m_flRestartRoundTime")
    seconds = (
        *("m_flTerroristTimeOutRemaining", "m_flCTTimeOutRemaining", "m_fMatchStartTime", "m_flGameStartTime"),
        "m_timeUntilNextPhaseStarts",
    )
    counters = ("m_nMatchEndCount", "m_nRoundEndCount", "m_nRoundStartCount")
    return Table(
        "CCSGameRules",
        (
            pointer,
            *_all("bool", *flags),
            *_all("int32", *numbers),
            *(_time(name) for name in times),
            *(_float(name) for name in seconds),
            *_all("uint8", *counters),
        ),
    )


_TEAM: Final = Table(
    "CCSTeam",
    (
        Field("uint8", "m_iTeamNum"),
        Field("CNetworkUtlVectorBase< CHandle< CBasePlayerController > >", "m_aPlayers"),
        *_all("int32", "m_iScore", "m_scoreFirstHalf", "m_scoreSecondHalf", "m_scoreOvertime"),
        *_all("char[129]", "m_szTeamname", "m_szClanTeamname"),
        Field("char[8]", "m_szTeamFlagImage"),
    ),
)
_MAP_TABLES: Final = (
    _TEAM,
    Table("CWorld", (Field("float32", "m_flSimulationTime"), _handle("m_hOwnerEntity"), _IDENTITY_POINTER)),
    Table("CCSPlayerResource", (_IDENTITY_POINTER, _vector("m_bombsiteCenterA"), _vector("m_bombsiteCenterB"))),
    Table("CBombTarget", _entity(_STILL_BODY)),
    # never placed, but one reader looks these up before anything else
    Table("CHostage", (*_entity(_ANIMATED_BODY), Field("uint32", "m_nHostageState"))),
    Table("CChicken", _entity(_ANIMATED_BODY)),
)

# --- players

_MONEY: Final = Table(
    "CCSPlayerController_InGameMoneyServices",
    _all("int32", "m_iAccount", "m_iStartAccount", "m_iTotalCashSpent", "m_iCashSpentThisRound"),
)
_TRACKING: Final = Table(
    "CCSPlayerController_ActionTrackingServices",
    (
        *_all(
            "int32",
            *("m_iKills", "m_iDeaths", "m_iAssists", "m_iHeadShotKills", "m_iDamage", "m_iObjective"),
            *("m_iUtilityDamage", "m_iEnemiesFlashed", "m_iCashEarned"),
            node="m_matchStats",
        ),
        *_all("int32", "m_iNumRoundKills", "m_iNumRoundKillsHeadshots"),
    ),
)
_CONTROLLER: Final = Table(
    "CCSPlayerController",
    (
        Field("float32", "m_flSimulationTime"),
        Field("uint32", "m_fFlags"),
        _IDENTITY_POINTER,
        Field("uint8", "m_iTeamNum"),
        _handle("m_hPawn", "CBasePlayerPawn"),
        Field("PlayerConnectedState", "m_iConnected"),
        Field("char[128]", "m_iszPlayerName"),
        Field("uint64", "m_steamID", encoder="fixed64"),
        Field("CCSPlayerController_InGameMoneyServices*", "m_pInGameMoneyServices", table=_MONEY),
        Field("CCSPlayerController_ActionTrackingServices*", "m_pActionTrackingServices", table=_TRACKING),
        Field("uint32", "m_iPing"),
        *_all("CUtlSymbolLarge", "m_szCrosshairCodes", "m_szClan"),
        *_all("int32", "m_iCompTeammateColor", "m_iCoachingTeam", "m_iCompetitiveRanking", "m_iCompetitiveWins"),
        Field("int8", "m_iCompetitiveRankType"),
        *_all("bool", "m_bControllingBot", "m_bPawnIsAlive", "m_bPawnHasDefuser", "m_bPawnHasHelmet"),
        _handle("m_hPlayerPawn", "CCSPlayerPawn"),
        _handle("m_hObserverPawn", "CCSObserverPawn"),
        Field("uint16", "m_nPawnCharacterDefIndex"),
        _handle("m_hOriginalControllerOfCurrentPawn", "CCSPlayerController"),
        *_all("int32", "m_iScore", "m_iMVPs", "m_iPawnArmor"),
        Field("uint32", "m_iPawnHealth"),
    ),
)
_WEAPON_SERVICES: Final = Table(
    "CCSPlayer_WeaponServices",
    (
        Field("CNetworkUtlVectorBase< CHandle< CBasePlayerWeapon > >", "m_hMyWeapons"),
        _handle("m_hActiveWeapon", "CBasePlayerWeapon"),
        Field("uint16[32]", "m_iAmmo"),
        _handle("m_hLastWeapon", "CBasePlayerWeapon"),
    ),
)
_ITEM_SERVICES: Final = Table("CCSPlayer_ItemServices", _all("bool", "m_bHasDefuser", "m_bHasHelmet"))
_MOVEMENT: Final = Table(
    "CCSPlayer_MovementServices",
    (
        Field("float32", "m_flMaxspeed", bits=12, high=2048.0, flags=1),
        _float("m_flDuckAmount"),
        *_all("bool", "m_bDesiresDuck", "m_bDucked", "m_bDucking"),
        Field("uint64", "m_nButtonDownMaskPrev"),
    ),
)
_PAWN: Final = Table(
    "CCSPlayerPawn",
    (
        Field("float32", "m_flSimulationTime"),
        _handle("m_hOwnerEntity"),
        Field("CBodyComponent", "CBodyComponent", table=_ANIMATED_BODY),
        Field("QAngle", "m_angEyeAngles", encoder="qangle_precise", bits=0),
        *_VELOCITY,
        Field("int32", "m_iHealth"),
        Field("uint8", "m_lifeState"),
        Field("uint32", "m_fFlags"),
        _handle("m_hGroundEntity"),
        _IDENTITY_POINTER,
        Field("uint8", "m_iTeamNum"),
        *_all("uint32", "m_nEntityId", "m_nOwnerId", node=_COLLISION_NODE),
        Field("CPlayer_WeaponServices*", "m_pWeaponServices", table=_WEAPON_SERVICES),
        Field("CPlayer_ItemServices*", "m_pItemServices", table=_ITEM_SERVICES),
        Field("CPlayer_MovementServices*", "m_pMovementServices", table=_MOVEMENT),
        _handle("m_hController", "CBasePlayerController"),
        _handle("m_hOriginalController", "CCSPlayerController"),
        Field("CSPlayerState", "m_iPlayerState"),
        *(_float(name) for name in ("m_flFlashDuration", "m_flFlashMaxAlpha", "m_flVelocityModifier")),
        Field("char[18]", "m_szLastPlaceName"),
        *_all("bool", "m_bInBuyZone", "m_bInHostageRescueZone", "m_bInBombZone"),
        Field("bool", "m_bFlashing", "m_Glow"),
        Field("bool", "m_bSpotted", "m_entitySpottedState"),
        Field("uint32[2]", "m_bSpottedByMask", "m_entitySpottedState"),
        *_all("bool", "m_bIsWalking", "m_bIsScoped", "m_bIsDefusing", "m_bIsGrabbingHostage", "m_bKilledByHeadshot"),
        *_all("int32", "m_nWhichBombZone", "m_iShotsFired", "m_ArmorValue"),
        *_all("uint16", "m_unCurrentEquipmentValue", "m_unRoundStartEquipmentValue", "m_unFreezetimeEndEquipmentValue"),
        *(_float(f"m_flViewmodel{name}") for name in ("OffsetX", "OffsetY", "OffsetZ", "FOV")),
    ),
)

# --- items, grenades, fire, the bomb


def _weapon(name: str, *extra: Field) -> Table:
    return Table(
        name,
        (
            *_entity(_ANIMATED_BODY, Field("int32", "m_iClip1")),
            Field("uint16", "m_iItemDefinitionIndex", _ITEM_NODE),
            Field("int32", "m_iEntityQuality", _ITEM_NODE),
            *_all("uint32", "m_iItemIDHigh", "m_iItemIDLow", "m_iAccountID", node=_ITEM_NODE),
            Field("char[161]", "m_szCustomName", _ITEM_NODE),
            *_all("uint32", "m_OriginalOwnerXuidLow", "m_OriginalOwnerXuidHigh"),
            *(_float(name) for name in ("m_fAccuracyPenalty", "m_flRecoilIndex")),
            *_all("bool", "m_bInReload", "m_bSilencerOn", "m_bDroppedNearBuyZone"),
            *(_time(name) for name in ("m_flDroppedAtTime", "m_fLastShotTime")),
            _handle("m_hPrevOwner", "CCSPlayerPawn"),
            Field("int32", "m_zoomLevel"),
            *extra,
            Field("int32[2]", "m_pReserveAmmo"),
        ),
    )


def _projectile(name: str, *extra: Field) -> Table:
    return Table(
        name,
        (
            *_entity(_ANIMATED_BODY),
            Field("bool", "m_bIsLive"),
            _time("m_flDetonateTime"),
            _handle("m_hThrower", "CCSPlayerPawn"),
            _vector("m_vInitialPosition"),
            _vector("m_vInitialVelocity"),
            Field("int32", "m_nBounces"),
            *extra,
            *_VELOCITY,
        ),
    )


_THROWABLE: Final = (Field("bool", "m_bPinPulled"), _time("m_fThrowTime"))
_ITEM_TABLES: Final = (
    *(_weapon(name) for name in GUNS),
    *(_weapon(name, *_THROWABLE) for name in GRENADES),
    _weapon("CC4", *_all("bool", "m_bStartedArming", "m_bBombPlanted"), _time("m_fArmedTime")),
    _projectile(
        "CSmokeGrenadeProjectile",
        Field("int32", "m_nSmokeEffectTickBegin"),
        Field("bool", "m_bDidSmokeEffect"),
        _vector("m_vSmokeDetonationPos"),
    ),
    _projectile("CMolotovProjectile", Field("bool", "m_bIsIncGrenade")),
    *(_projectile(name) for name in ("CFlashbangProjectile", "CHEGrenadeProjectile", "CDecoyProjectile")),
    Table(
        "CInferno",
        (
            *_entity(_STILL_BODY),
            Field("Vector[64]", "m_firePositions", bits=32),
            Field("bool[64]", "m_bFireIsBurning"),
            *_all("int32", "m_fireCount", "m_nInfernoType", "m_nFireEffectTickBegin"),
        ),
    ),
    Table(
        "CPlantedC4",
        (
            *_entity(_ANIMATED_BODY),
            *_all("bool", "m_bBombTicking", "m_bCannotBeDefused", "m_bHasExploded", "m_bBombDefused"),
            Field("bool", "m_bBeingDefused"),
            *(_time(name) for name in ("m_flC4Blow", "m_flDefuseCountDown")),
            *(_float(name) for name in ("m_flTimerLength", "m_flDefuseLength")),
            Field("int32", "m_nBombSite"),
            _handle("m_hBombDefuser", "CCSPlayerPawn"),
        ),
    ),
)


@lru_cache(maxsize=len(_MODES))
def match_schema(mode: GameModeRules = "none") -> Schema:
    """The schema of a match in a mode with such rules of its own."""
    rules = _rules(mode)
    helpers = (
        *(_ANIMATED_BODY, _STILL_BODY, _IDENTITY, _MODE_RULES, *_MODE_TABLES, rules),
        *(_MONEY, _TRACKING, _WEAPON_SERVICES, _ITEM_SERVICES, _MOVEMENT),
    )
    proxy = Table("CCSGameRulesProxy", (Field("CCSGameRules*", "m_pGameRules", table=rules),))
    return schema([*helpers, proxy, *_MAP_TABLES, _CONTROLLER, _PAWN, *_ITEM_TABLES], helpers)
