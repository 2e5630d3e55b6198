"""The observer's kills: how many are new, to which round they belong, and with which weapon.

A kill has exactly one weapon. The evidence, in order: the ammunition of a weapon in hand fell in the payload of the
kill; a weapon that uses none was in hand before; a grenade was thrown just before; else it is unknown.
"""

from typing import Final

from msgspec.structs import replace

from offangle.live.events import Event, KillSeen
from offangle.live.observation import HeldWeapon, Observation, OwnPlayer
from offangle.live.state import UNKNOWN_WEAPON, Confidence, Epoch, Kill, LastPost, LiveRound

GRENADE_KIND: Final = "Grenade"
GRENADE_LETHAL_S: Final = {"hegrenade": 4.0, "molotov": 12.0, "incgrenade": 12.0, "flashbang": 4.0, "smokegrenade": 4.0}
"""How long after the throw a grenade still kills: fuse or flight, and the fire's seven seconds."""

NS_PER_S: Final = 10**9
MOST_NEW_KILLS: Final = 50
"""That one post may tell of: several rounds whose posts were lost. More is a counter that cannot be believed."""


def count_new_kills(epoch: Epoch, own: OwnPlayer, current: LiveRound) -> int:
    """Kills not recorded yet, by whichever counter knows more: the round's (cumulative, trap 4) or the match's."""
    if own.round_kills is None or own.round_kills > MOST_NEW_KILLS or current.round_kills_before is None:
        return max(0, count_by_match(epoch, own))
    in_round = sum(kill.round_number == current.number for kill in epoch.kills)
    return max(own.round_kills - current.round_kills_before - in_round, count_by_match(epoch, own), 0)


def count_by_match(epoch: Epoch, own: OwnPlayer) -> int:
    """Kills not recorded yet by the match's counter; below 0 where it fell."""
    return 0 if own.kills is None else own.kills - (epoch.kills_before or 0) - len(epoch.kills)


def kills_before_round(epoch: Epoch, own: OwnPlayer, current: LiveRound) -> int | None:
    """What the round's counter told before anybody was killed in the round; None until that can be known.

    It is reset in freeze time, but a client that reconnects is shown the round before until it spawns. The match's
    counter tells the two apart; while that shows nothing (`was_blank`), neither is believed.
    """
    if current.round_kills_before is not None or own.round_kills is None or own.round_kills > MOST_NEW_KILLS:
        return current.round_kills_before
    if own.kills is None:
        return None if epoch.was_blank else 0
    in_round = sum(kill.round_number == current.number for kill in epoch.kills)
    return max(0, own.round_kills - in_round - max(0, count_by_match(epoch, own)))


def anchor_kills(epoch: Epoch, own: OwnPlayer) -> Epoch:
    """Fix where the match counter stood before the kills recorded here; again when it fell (a team kill, a restore).

    And when it rose by more than can have happened.
    """
    if own.kills is None:
        return epoch
    if epoch.kills_before is None:
        number = epoch.current.number if epoch.current is not None else None
        in_other_rounds = sum(kill.round_number != number for kill in epoch.kills)
        return replace(epoch, kills_before=own.kills - (own.round_kills or 0) - in_other_rounds)
    if not 0 <= own.kills - epoch.kills_before - len(epoch.kills) <= MOST_NEW_KILLS:
        return replace(epoch, kills_before=own.kills - len(epoch.kills))
    return epoch


def late_kills(epoch: Epoch, observation: Observation) -> tuple[Epoch, list[Event]]:
    """Kills that only the match counter tells of, the round's own being reset: they belong to the round before."""
    own, current = observation.own, epoch.current
    if own is None or own.kills is None or epoch.kills_before is None or current is None:
        return epoch, []
    count = own.kills - epoch.kills_before - len(epoch.kills) - (own.round_kills or 0)
    if not 0 < count <= MOST_NEW_KILLS:
        return epoch, []
    return record_kills(epoch, current.number, [(UNKNOWN_WEAPON, "none")] * count, observation.received_ns)


def record_kills(
    epoch: Epoch, round_number: int, weapons: list[tuple[str, Confidence]], received_ns: int
) -> tuple[Epoch, list[Event]]:
    """Append kills of one round."""
    kills = [Kill(round_number, weapon, confidence, received_ns) for weapon, confidence in weapons]
    return replace(epoch, kills=(*epoch.kills, *kills)), [KillSeen(kill) for kill in kills]


def attribute(
    count: int, own: OwnPlayer, before: LastPost | None, current: LiveRound, now_ns: int
) -> list[tuple[str, Confidence]]:
    """One weapon and confidence for each of `count` kills that one payload tells of."""
    if count == 0:
        return []
    same_round = before is not None and before.round_number == current.number and before.round_phase != "freezetime"
    previous = before.own if same_round and before is not None else None
    weapon, confidence = _evidence(own, previous, current, now_ns)
    if count > 1 and confidence == "high":
        confidence = "medium"  # one payload, several kills: a quick switch between them would hide the second weapon
    return [(weapon, confidence)] * count


def _evidence(own: OwnPlayer, previous: OwnPlayer | None, current: LiveRound, now_ns: int) -> tuple[str, Confidence]:
    if previous is not None and previous.active_weapon is not None:
        active = own.active_weapon
        if active is not None and _ammo_fell(active, previous):
            return active.name, "high"
        held = previous.active_weapon
        if _is_fired_and_put_away(held, own):
            return held.name, "medium"
        if not _contradicts(held, own) and held.kind != GRENADE_KIND:
            return held.name, "medium" if held.ammo_clip is None else "low"
    if current.grenade_thrown is not None and current.grenade_thrown_ns is not None:
        age_s = (now_ns - current.grenade_thrown_ns) / NS_PER_S
        if age_s <= GRENADE_LETHAL_S.get(current.grenade_thrown, 0.0):
            return current.grenade_thrown, "medium"
    return UNKNOWN_WEAPON, "none"


def _same_weapon(name: str, player: OwnPlayer) -> HeldWeapon | None:
    return next((weapon for weapon in player.weapons if weapon.name == name), None)


def _ammo_fell(now: HeldWeapon, previous: OwnPlayer) -> bool:
    before = _same_weapon(now.name, previous)
    if before is None or before.ammo_clip is None or now.ammo_clip is None:
        return False
    return now.ammo_clip < before.ammo_clip


def _is_fired_and_put_away(held: HeldWeapon, own: OwnPlayer) -> bool:
    now = _same_weapon(held.name, own)
    return (
        now is not None and now.ammo_clip is not None and held.ammo_clip is not None and now.ammo_clip < held.ammo_clip
    )


def _contradicts(held: HeldWeapon, own: OwnPlayer) -> bool:
    """A gun that still holds every cartridge it held before has not killed anybody."""
    now = _same_weapon(held.name, own)
    return now is not None and held.ammo_clip is not None and now.ammo_clip == held.ammo_clip


def thrown_grenade(own: OwnPlayer, previous: OwnPlayer | None) -> str | None:
    """The grenade that left the hand since the payload before, while the thrower lived."""
    if previous is None or not own.health:
        return None
    for held in previous.weapons:
        if held.kind != GRENADE_KIND:
            continue
        now = _same_weapon(held.name, own)
        if now is None or (now.ammo_reserve or 0) < (held.ammo_reserve or 0):
            return held.name
    return None
