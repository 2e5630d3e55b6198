"""Records a match in the field's own words: a `.dem` on disk and the truth of it as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Literal, Self

import numpy as np

from offangle.core.sides import Team
from offangle.frames.collection import MatchFrames
from offangle_sim.demo.framing import Compress
from offangle_sim.demo.pov import PovWriter
from offangle_sim.demo.recorder_core import (
    FIRST_SITE,
    FIRST_TEAM,
    RESOURCE,
    RULES,
    Player,
    PlayerEntry,
    RecorderCore,
    Vec3,
    absent_player,
    on_angle_grid,
    on_velocity_grid,
)
from offangle_sim.demo.recorder_players import PlayerScenes
from offangle_sim.demo.recorder_rounds import DEFAULT_BUY_TIME_S, DEFAULT_MAX_ROUNDS, DEFAULT_OVERTIME_ROUNDS
from offangle_sim.demo.truth_tables import truth_frames
from offangle_sim.demo.writer import DemoHeader, DemoWriter

GameMode = Literal["competitive", "wingman", "deathmatch"]
GAME_MODES: Final[tuple[GameMode, ...]] = ("competitive", "wingman", "deathmatch")

SIMULATED_SERVER_PREFIX: Final = "Offangle simulator"
"""How simulated recordings name their server, by which every reader of ours tells them."""

DEFAULT_TICKS_EVERY: Final = 4
"""The truth of every fourth tick: 16 Hz at 64 ticks/s, as recordings are read."""

_MODE_CONVARS: Final = {"competitive": ("0", "1"), "wingman": ("0", "2"), "deathmatch": ("1", "2")}
_WINGMAN_ROUNDS: Final = 16
_TEAM_WORDS: Final = ((0, "Unassigned"), (1, "Spectator"), (2, "TERRORIST"), (3, "CT"))


@dataclass(frozen=True, slots=True)
class BombSite:
    """A bomb site: its middle and half its size, in Hammer units."""

    centre: Vec3
    half_size: Vec3 = (200.0, 200.0, 64.0)


@dataclass(frozen=True, slots=True)
class MatchSetup:
    """What is fixed before the first tick.

    Attributes:
        map_name: Such as `de_mirage`.
        players: Everybody who ever plays; slots are unique.
        sites: Bomb sites A and B.
        mode: Sets convars and the rules' own mode.
        seed: Of serial numbers; None counts them from zero, which one parser's fault needs to know throwers.
        team_names: Clan names.
        server_name: Shown after the prefix that marks simulations.
        max_rounds: Rounds of regulation; None takes the mode's own.
        overtime_rounds: Rounds of one overtime.
        buy_time_s: How long after freeze end one may buy.
        convars: More console variables.
        ticks_every: Keep the truth of every n-th tick.
        build_number: The game's build that the recording claims.
        padding_bytes: Bulk added to every tick, to bring the recording to a real one's size.
    """

    map_name: str
    players: tuple[PlayerEntry, ...]
    sites: tuple[BombSite, BombSite] = (BombSite((1200.0, 2500.0, 100.0)), BombSite((-1500.0, 2600.0, 10.0)))
    mode: GameMode = "competitive"
    seed: int | None = 1
    team_names: Mapping[Team, str] | None = None
    server_name: str = ""
    max_rounds: int | None = None
    overtime_rounds: int = DEFAULT_OVERTIME_ROUNDS
    buy_time_s: float = DEFAULT_BUY_TIME_S
    convars: Mapping[str, str] | None = None
    ticks_every: int = DEFAULT_TICKS_EVERY
    build_number: int = 14160
    padding_bytes: int = 0

    @property
    def rounds(self) -> int:
        """Rounds of regulation."""
        return self.max_rounds or (_WINGMAN_ROUNDS if self.mode == "wingman" else DEFAULT_MAX_ROUNDS)

    def header(self) -> DemoHeader:
        """The recording's header."""
        game_type, game_mode = _MODE_CONVARS[self.mode]
        convars = {
            "game_type": game_type,
            "game_mode": game_mode,
            "mp_maxrounds": str(self.rounds),
            "mp_overtime_maxrounds": str(self.overtime_rounds),
            "mp_buytime": f"{self.buy_time_s:g}",
            **(self.convars or {}),
        }
        return DemoHeader(
            map_name=self.map_name,
            server_name=f"{SIMULATED_SERVER_PREFIX} {self.server_name}".strip(),
            build_number=self.build_number,
            mode_rules="deathmatch" if self.mode == "deathmatch" else "none",
            convars=convars,
        )


class MatchRecorder(PlayerScenes):
    """Records one match.

    Between `begin_tick` and `end_tick` say what happens; every method writes what the game would have written and
    keeps the truth. Team `a` starts as CT. Use as a context manager, then ask for `truth()`.
    """

    def __init__(self, setup: MatchSetup, writer: DemoWriter) -> None:
        """Set the stage on `writer`; `open` does it for a file."""
        self.setup = setup
        self.rounds = []
        self.score = {"a": 0, "b": 0}
        self.side_of_team = {"a": "ct", "b": "t"}
        self.team_names = dict(setup.team_names or {"a": "Team A", "b": "Team B"})
        self.max_rounds, self.overtime_rounds = setup.rounds, setup.overtime_rounds
        self.buy_time_s = setup.buy_time_s
        self.padding_bytes = setup.padding_bytes
        self.grenades, self.bomb, self.bomb_on_ground = {}, None, None
        self._grenades_thrown = self._items_dropped = self._rounds_counted = 0
        self._buy_end_tick = None
        self._at_tick_end = []
        self._noise = np.random.default_rng(setup.seed or 0)
        players = {entry.slot: absent_player(writer, entry) for entry in setup.players}
        RecorderCore.__init__(self, writer, players, ticks_every=setup.ticks_every)
        self._set_stage(writer)

    @classmethod
    def open(cls, target: Path | BinaryIO, setup: MatchSetup, *, compress: Compress | None = None) -> Self:
        """Record to a file."""
        roster = [entry.roster_entry() for entry in setup.players]
        return cls(setup, DemoWriter(target, setup.header(), roster, compress=compress, serials=setup.seed))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.__exit__(kind, error, trace)

    def begin_tick(self, tick: int | None = None) -> int:
        """Start the next tick; its number comes back."""
        self.writer.begin_tick(self.writer.tick + 1 if tick is None else tick)
        return self.writer.tick

    def end_tick(self) -> None:
        """Everything of this tick was said: keep its truth and write it."""
        for act in self._at_tick_end:
            act()
        self._at_tick_end = []
        self._note_silent_clients()
        self._note_players()
        self._note_flights()
        self._note_economy()
        self._note_places()
        if self.padding_bytes:
            self.writer.pad(self._noise.bytes(self.padding_bytes))
        self.writer.end_tick()

    def pov(self, target: Path | BinaryIO, slot: int) -> PovWriter:
        """Also write the recording that the client in `slot` makes; before the first tick.

        Say what that client does not see with the writer's `hide` and `show`.
        """
        found = PovWriter(target, self.writer, slot)
        self.writer.observed_by(found)
        return found

    def truth(self) -> MatchFrames:
        """The tables of the match as it was recorded, with `match.source` = `simulator`."""
        for thrown in self.grenades.values():  # those that still fly have been seen as far as here
            self._note_last_seen(thrown)
        return truth_frames(self)

    # --- inside

    def _set_stage(self, writer: DemoWriter) -> None:
        writer.create("CWorld", 0)
        words = dict(_TEAM_WORDS)
        teams = {
            number: writer.create("CCSTeam", FIRST_TEAM + number, {"m_iTeamNum": number, "m_szTeamname": word})
            for number, word in words.items()
        }
        self.teams = {"t": teams[2], "ct": teams[3]}
        self.rules = writer.create("CCSGameRulesProxy", RULES)
        self.set_rules(
            m_iRoundTime=115,
            m_iFreezeTime=15,
            m_bMapHasBombTarget=True,
            m_bMapHasBuyZone=True,
            m_gamePhase=2,
        )
        centres = {f"m_bombsiteCenter{name}": site.centre for name, site in zip("AB", self.setup.sites, strict=True)}
        writer.create("CCSPlayerResource", RESOURCE, centres)
        for at, site in enumerate(self.setup.sites):
            x, y, z = site.half_size
            box = {"m_vecMins": (-x, -y, -z), "m_vecMaxs": (x, y, z)}
            writer.create("CBombTarget", FIRST_SITE + at, box).set_position(*site.centre)
        self._show_teams()

    def _note_places(self) -> None:
        """Rows of this tick name players; where those stand is settled when the tick ends."""
        for table, roles in (("kills", ("attacker", "victim")), ("damages", ("attacker", "victim"))):
            for row in self._rows_of_tick(table):
                for role in roles:
                    row.update(self.place_of(row.pop(role), role))
        for row in self._rows_of_tick("shots"):
            player: Player = row.pop("player")
            row.update(zip("xyz", player.body.position(), strict=True))
            row.update(self._moving(player))
        for row in self._rows_of_tick("bomb_events"):
            player = row.pop("player")
            row.update(zip("xyz", player.body.position(), strict=True))

    def _rows_of_tick(self, table: str) -> Sequence[dict[str, Any]]:
        rows = self.log.known(table)
        at = len(rows)
        while at and rows[at - 1]["tick"] == self.tick:
            at -= 1
        return rows[at:]

    @staticmethod
    def _moving(player: Player) -> dict[str, float]:
        from_grid = _velocity_and_view(player)
        return dict(zip(("velocity_x", "velocity_y", "velocity_z", "pitch_deg", "yaw_deg"), from_grid, strict=True))


def _velocity_and_view(player: Player) -> tuple[float, ...]:
    return (
        *(on_velocity_grid(part) for part in player.velocity),
        on_angle_grid(player.pitch_deg),
        on_angle_grid(player.yaw_deg),
    )
