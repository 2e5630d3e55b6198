"""What is fixed about a match before its first tick."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from offangle.core.sides import Team
from offangle_sim.order import GameMode

Vec3: TypeAlias = tuple[float, float, float]

TICK_RATE: Final = 64
SERVER_START_TICK: Final = 1000
"""The server's tick when the first one is recorded."""
BUILD_NUMBER: Final = 14160
DEFAULT_TICKS_EVERY: Final = 4
"""The truth of every fourth tick: 16 Hz at 64 ticks/s, as recordings are read."""
DEFAULT_MAX_ROUNDS: Final = 24
DEFAULT_OVERTIME_ROUNDS: Final = 6
DEFAULT_BUY_TIME_S: Final = 20.0
SIMULATED_SERVER_PREFIX: Final = "Offangle simulator"
"""How simulated matches name their server, by which every reader of ours tells them."""
_WINGMAN_ROUNDS: Final = 16


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
        mode: The mode whose rules hold.
        seed: Of serial numbers; None counts them from zero, which one parser's fault needs to know throwers.
        team_names: Clan names.
        server_name: Shown after the prefix that marks simulations.
        max_rounds: Rounds of regulation; None takes the mode's own.
        overtime_rounds: Rounds of one overtime.
        buy_time_s: How long after freeze end one may buy.
        convars: More console variables.
        ticks_every: Keep the truth of every n-th tick.
        build_number: The game's build that is claimed.
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
    build_number: int = BUILD_NUMBER

    @property
    def rounds(self) -> int:
        """Rounds of regulation."""
        return self.max_rounds or (_WINGMAN_ROUNDS if self.mode == "wingman" else DEFAULT_MAX_ROUNDS)

    @property
    def full_server_name(self) -> str:
        """As the server calls itself: it says that it simulates."""
        return f"{SIMULATED_SERVER_PREFIX} {self.server_name}".strip()
