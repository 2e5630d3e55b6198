"""All tables by name: adding a table is one class in one file and one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import dataframely as dy

from offangle.frames.combat import BlindsTable, BulletsTable, DamagesTable, KillsTable, ShotsTable
from offangle.frames.corrections import CorrectionsTable
from offangle.frames.duels import DuelTicksTable
from offangle.frames.match import MatchTable
from offangle.frames.odd_values import OddValuesTable
from offangle.frames.parsers import ParsersTable
from offangle.frames.players import PlayersTable, ScoreboardTable
from offangle.frames.rounds import EconomyTable, PlayerRoundsTable, RoundsTable
from offangle.frames.ticks import InputHistoryTable, TicksTable
from offangle.frames.utility import (
    BombEventsTable,
    ChatTable,
    FiresTable,
    GrenadesTable,
    ItemEventsTable,
    ProjectilesTable,
    SmokesTable,
)

TABLES: Final[Mapping[str, type[dy.Schema]]] = MappingProxyType(
    {
        "match": MatchTable,
        "parsers": ParsersTable,
        "corrections": CorrectionsTable,
        "odd_values": OddValuesTable,
        "players": PlayersTable,
        "scoreboard": ScoreboardTable,
        "rounds": RoundsTable,
        "player_rounds": PlayerRoundsTable,
        "economy": EconomyTable,
        "kills": KillsTable,
        "damages": DamagesTable,
        "shots": ShotsTable,
        "bullets": BulletsTable,
        "blinds": BlindsTable,
        "grenades": GrenadesTable,
        "projectiles": ProjectilesTable,
        "smokes": SmokesTable,
        "fires": FiresTable,
        "bomb_events": BombEventsTable,
        "item_events": ItemEventsTable,
        "chat": ChatTable,
        "ticks": TicksTable,
        "duel_ticks": DuelTicksTable,
        "input_history": InputHistoryTable,
    }
)

REQUIRED_TABLES: Final = ("match", "parsers", "players", "rounds", "player_rounds", "kills", "damages")
"""Without these there is no match; any other table may be absent because its source does not know it."""
