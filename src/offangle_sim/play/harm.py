"""Damage, deaths, and what follows from them: assists, money, dropped bombs."""

from dataclasses import replace
from typing import Final

from offangle.core.sides import SIDES
from offangle.core.weapons import WEAPONS
from offangle_sim.play.agent import Agent
from offangle_sim.play.rules import CT_TEAM_KILL_BONUS, TEAM_KILL_PENALTY, ticks
from offangle_sim.play.stage import Stage
from offangle_sim.server.events import KillFlags

ASSIST_DAMAGE: Final = 41
"""Who took at least this much from a victim that another one killed assists."""
TAG_LEFT: Final = 0.45
"""Of the speed that a hit leaves."""
_USUAL_REWARD: Final = 300


def harm(  # noqa: PLR0913 -- a hit has this many sides
    stage: Stage,
    victim: Agent,
    attacker: Agent | None,
    weapon: str,
    damage: tuple[int, int],
    *,
    hit_group: str = "generic",
    flags: KillFlags | None = None,
) -> bool:
    """Somebody takes damage (health, armor); whether he dies of it comes back."""
    health, armor = damage
    if not victim.is_alive or health <= 0:
        return False
    before = victim.player.health
    left = stage.server.hurt(
        victim.slot,
        attacker_slot=None if attacker is None else attacker.slot,
        weapon=weapon,
        hit_group=hit_group,
        damage=health,
        armor_damage=armor,
    )
    victim.tag = min(victim.tag, TAG_LEFT)
    if attacker is not None and attacker.player.side != victim.player.side:
        victim.hurt_by[attacker.slot] = victim.hurt_by.get(attacker.slot, 0) + min(health, before)
    stage.wire.note_hit(None if attacker is None else attacker.slot, victim.slot, is_fatal=left == 0)
    if left == 0:
        kill(stage, victim, attacker, weapon, flags or KillFlags(is_headshot=hit_group == "head"))
    elif attacker is not None and victim.target is None:
        victim.heard, victim.heard_tick = attacker.position, stage.tick
    return left == 0


def kill(stage: Stage, victim: Agent, attacker: Agent | None, weapon: str, flags: KillFlags) -> None:
    """Somebody dies."""
    assister, by_flash = _assister(stage, victim, attacker)
    if by_flash:
        flags = replace(flags, is_flash_assist=True)
    if stage.bomb.carrier == victim.slot:
        stage.bomb.carrier, stage.bomb.position = None, victim.position
    if stage.bomb.defuser == victim.slot:
        stage.server.bomb_defuse_aborted(victim.slot)
        stage.bomb.defuser = None
    victim.job, victim.throw, victim.target, victim.died_tick = "", None, None, stage.tick
    stage.server.killed(
        victim.slot,
        attacker_slot=None if attacker is None else attacker.slot,
        weapon=weapon,
        assister_slot=assister,
        flags=flags,
    )
    if attacker is not None:
        _reward(stage, attacker, victim, weapon)
    for side in SIDES:
        stage.known[side].pop(victim.slot, None)


def _assister(stage: Stage, victim: Agent, attacker: Agent | None) -> tuple[int | None, bool]:
    if attacker is None or attacker.player.side == victim.player.side:
        return None, False
    hurt = {slot: amount for slot, amount in victim.hurt_by.items() if slot != attacker.slot}
    best = max(hurt, key=lambda slot: hurt[slot], default=None)
    if best is not None and hurt[best] >= ASSIST_DAMAGE and stage.agents[best].player.side == attacker.player.side:
        return best, False
    flashed = victim.flashed_by
    is_blind = victim.blind_until_tick > stage.tick - ticks(0.2)
    if flashed is None or not is_blind or flashed == attacker.slot:
        return None, False
    if stage.agents[flashed].player.side == attacker.player.side:
        return flashed, True
    return None, False


def _reward(stage: Stage, attacker: Agent, victim: Agent, weapon: str) -> None:
    server = stage.server
    if attacker.slot == victim.slot:
        return
    if attacker.player.side == victim.player.side:
        server.set_player_state(attacker.slot, money=max(0, attacker.player.money - TEAM_KILL_PENALTY))
        return
    stage.kills_of_round[attacker.slot] = stage.kills_of_round.get(attacker.slot, 0) + 1
    if stage.is_knife_round:
        return
    known = WEAPONS.get(weapon)
    reward = _USUAL_REWARD if known is None else known.kill_reward
    server.set_player_state(attacker.slot, money=attacker.player.money + reward)
    if attacker.player.side == "ct":
        for mate in stage.on_side("ct"):
            server.set_player_state(mate.slot, money=mate.player.money + CT_TEAM_KILL_BONUS)
