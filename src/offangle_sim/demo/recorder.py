"""Records a match as the server's own observer sees it: a `.dem` on disk."""

from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from offangle_sim.demo.bodies import SIDE_NUMBERS, show_controller
from offangle_sim.demo.cast import Cast, show_grenade
from offangle_sim.demo.course import STARTS, rules_fields
from offangle_sim.demo.framing import Compress
from offangle_sim.demo.headlines import FIRST_SITE, Headlines
from offangle_sim.demo.pov import PovWriter
from offangle_sim.demo.send_tables import NO_HANDLE
from offangle_sim.demo.sign_on import DemoHeader
from offangle_sim.demo.string_tables import RosterEntry
from offangle_sim.demo.writer import DemoWriter
from offangle_sim.server import events
from offangle_sim.server.server import Server
from offangle_sim.server.setup import MatchSetup, PlayerEntry
from offangle_sim.server.state import Bomb, Course, Player

FIRST_TEAM, RULES, RESOURCE = 70, 80, 81
_MODE_CONVARS: Final = {"competitive": ("0", "1"), "wingman": ("0", "2"), "deathmatch": ("1", "2")}
_TEAM_WORDS: Final = ((0, "Unassigned"), (1, "Spectator"), (2, "TERRORIST"), (3, "CT"))


def header_of(setup: MatchSetup) -> DemoHeader:
    """What the recording of a match says about itself."""
    game_type, game_mode = _MODE_CONVARS[setup.mode]
    convars = {
        "game_type": game_type,
        "game_mode": game_mode,
        "mp_maxrounds": str(setup.rounds),
        "mp_overtime_maxrounds": str(setup.overtime_rounds),
        "mp_buytime": f"{setup.buy_time_s:g}",
        **(setup.convars or {}),
    }
    return DemoHeader(
        map_name=setup.map_name,
        server_name=setup.full_server_name,
        build_number=setup.build_number,
        mode_rules="deathmatch" if setup.mode == "deathmatch" else "none",
        convars=convars,
    )


def roster_of(players: tuple[PlayerEntry, ...]) -> list[RosterEntry]:
    """Players as the recording's table of users has them."""
    return [
        RosterEntry(entry.slot, entry.name, 0 if entry.is_bot else entry.steam_id, entry.is_bot) for entry in players
    ]


class Recorder:
    """Writes one match down (`server.events.Sink`).

    Attributes:
        writer: Of the recording.
        cast: Who is which entity.
        padding_bytes: Bulk added to every tick, to bring the recording to a real one's size.
    """

    def __init__(self, server: Server, writer: DemoWriter) -> None:
        """Set the stage on `writer`; `to` opens a file for it."""
        self.server, self.writer = server, writer
        self.padding_bytes = 0
        self._noise = np.random.default_rng(server.setup.seed or 0)
        self.cast = Cast(server, writer)
        self._headlines = Headlines(server, writer, self.cast)
        self._course: Course | None = None
        self._teams_shown: tuple[Any, ...] = ()
        self._set_stage()

    @classmethod
    def to(cls, target: Path | BinaryIO, server: Server, *, compress: Compress | None = None) -> "Recorder":
        """Record a match to a file."""
        setup = server.setup
        roster = roster_of(setup.players)
        return cls(server, DemoWriter(target, header_of(setup), roster, compress=compress, serials=setup.seed))

    def pov(self, target: Path | BinaryIO, slot: int) -> PovWriter:
        """Also write the recording that the client in `slot` makes; before the first tick.

        Say what that client does not see with the writer's `hide` and `show`.
        """
        found = PovWriter(target, self.writer, slot)
        self.writer.observed_by(found)
        return found

    # --- as a sink

    def tick_begun(self) -> None:
        """The writer's tick begins with the server's."""
        self.writer.begin_tick(self.server.tick)

    def told(self, event: events.Event) -> None:
        """First what it does to entities, then what events and messages say of it."""
        self.cast.told(event)
        self._headlines.told(event)

    def tick_ended(self) -> None:
        """Write the tick."""
        writer, server = self.writer, self.server
        for slot, player in server.players.items():
            if player.is_connected:
                self._show_player(slot, player)
        for grenade, entity in self.cast.grenades.items():
            show_grenade(entity, grenade)
        if server.bomb is not None:
            self._show_bomb(server.bomb)
        self._show_course()
        for player, command in server.commands:
            writer.user_command(command, self.cast.pawn(player))
        if self.padding_bytes:
            writer.pad(self._noise.bytes(self.padding_bytes))
        writer.end_tick()

    def close(self) -> None:
        """Finish the recording."""
        self.writer.close()

    # --- what is there at the end of a tick

    def _show_player(self, slot: int, player: Player) -> None:
        cast = self.cast
        body = cast.bodies.get(player.body)
        if body is not None:
            body.follow(player)
            if body.shows != (slot, player.revision):
                body.show(player, cast.item)
        if cast.shown.get(slot) != player.revision:
            cast.shown[slot] = player.revision
            show_controller(cast.controllers[slot], player)

    def _show_bomb(self, bomb: Bomb) -> None:
        entity = self.cast.bomb
        if entity is None:
            return
        entity.update(
            {
                "m_bBombTicking": bomb.state == "planted",
                "m_bBombDefused": bomb.state == "defused",
                "m_bHasExploded": bomb.state == "exploded",
                "m_bBeingDefused": bomb.defuser is not None,
                "m_hBombDefuser": NO_HANDLE if bomb.defuser is None else self.cast.pawn(bomb.defuser).handle,
            }
        )
        if bomb.defuse_length_s:
            entity.set("m_flDefuseLength", bomb.defuse_length_s)
            entity.set("m_flDefuseCountDown", bomb.defuse_ends_s)

    def _show_course(self) -> None:
        server = self.server
        if server.course != self._course:
            self._course = replace(server.course)
            for name, value in rules_fields(server.course).items():
                self.rules.set(f"m_pGameRules.{name}", value)
        teams = (server.side_of_team["a"], server.score["a"], server.score["b"])
        if teams != self._teams_shown:
            self._teams_shown = teams
            for team, side in server.side_of_team.items():
                fields = {"m_iScore": server.score[team], "m_szClanTeamname": server.team_names[team]}
                self._teams[SIDE_NUMBERS[side]].update(fields)

    def _set_stage(self) -> None:
        writer, setup = self.writer, self.server.setup
        writer.create("CWorld", 0)
        self._teams = {
            number: writer.create("CCSTeam", FIRST_TEAM + number, {"m_iTeamNum": number, "m_szTeamname": word})
            for number, word in _TEAM_WORDS
        }
        self.rules = writer.create("CCSGameRulesProxy", RULES)
        self.rules.update({f"m_pGameRules.{name}": value for name, value in STARTS.items()})
        centres = {f"m_bombsiteCenter{name}": site.centre for name, site in zip("AB", setup.sites, strict=True)}
        writer.create("CCSPlayerResource", RESOURCE, centres)
        for at, site in enumerate(setup.sites):
            x, y, z = site.half_size
            box = {"m_vecMins": (-x, -y, -z), "m_vecMaxs": (x, y, z)}
            writer.create("CBombTarget", FIRST_SITE + at, box).set_position(*site.centre)
