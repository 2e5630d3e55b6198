"""Grenades in the air and on the ground, the bomb, and items changing hands."""

import dataframely as dy

from offangle.core.terms import BOMB_EVENTS, BOMB_SITES, GRENADE_KINDS, ITEM_ACTIONS
from offangle.frames import columns as col


class GrenadesTable(dy.Schema):
    """One row per grenade thrown."""

    grenade_id = dy.String(primary_key=True)
    round_number = col.round_number()
    kind = dy.Enum(GRENADE_KINDS)
    thrower_steam_id = col.steam_id(nullable=True)
    thrower_side = col.side()
    throw_tick = col.tick()
    effect_tick = col.tick(nullable=True, description="Bloom, blast, flash or first flame; null when it never came")
    end_tick = col.tick(nullable=True, description="The effect is gone")
    throw_x = col.position()
    throw_y = col.position()
    throw_z = col.position()
    effect_x = col.position()
    effect_y = col.position()
    effect_z = col.position()


class ProjectilesTable(dy.Schema):
    """The flight of each grenade, sampled."""

    grenade_id = dy.String(primary_key=True)
    tick = col.tick(primary_key=True)
    x = col.position()
    y = col.position()
    z = col.position()


class CloudTable(dy.Schema):
    """What a grenade leaves behind for a while; the tables below are of this shape."""

    round_number = col.round_number()
    grenade_id = dy.String(nullable=True)
    thrower_steam_id = col.steam_id(nullable=True)
    thrower_side = col.side()
    start_tick = col.tick()
    end_tick = col.tick(nullable=True)
    x = col.position()
    y = col.position()
    z = col.position()


class SmokesTable(CloudTable):
    """Smoke clouds while they block sight."""


class FiresTable(CloudTable):
    """Infernos while they burn."""


class BombEventsTable(dy.Schema):
    """What happened to the bomb."""

    round_number = col.round_number()
    tick = col.tick()
    event = dy.Enum(BOMB_EVENTS)
    steam_id = col.steam_id(nullable=True)
    site = dy.Enum(BOMB_SITES, nullable=True)
    x = col.position()
    y = col.position()
    z = col.position()


class ItemEventsTable(dy.Schema):
    """Items bought, picked up, dropped, sold back."""

    round_number = col.round_number()
    tick = col.tick()
    steam_id = col.steam_id()
    action = dy.Enum(ITEM_ACTIONS)
    item = dy.String()
    cost = dy.Int32(nullable=True, min=0, metadata=col.unit("$"))
    original_owner_steam_id = col.steam_id(nullable=True)


class ChatTable(dy.Schema):
    """What was written in chat."""

    tick = col.tick()
    steam_id = col.steam_id(nullable=True)
    name = dy.String(nullable=True)
    is_team_only = dy.Bool(nullable=True)
    message = dy.String()
