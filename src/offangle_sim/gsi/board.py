"""What every client sees of the match: the blocks `map` and `round`, made anew only when something changed."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from offangle.core.sides import TEAMS, Side, Team
from offangle_sim.gsi.settings import Body
from offangle_sim.server.server import Server
from offangle_sim.server.state import BombState, Course, RoundRecord

MODE_WORDS: Final[Mapping[str, str]] = {
    "competitive": "competitive",
    "wingman": "scrimcomp2v2",
    "deathmatch": "deathmatch",
}
WIN_WORDS: Final[Mapping[tuple[Side | None, str], str]] = {
    ("ct", "elimination"): "ct_win_elimination",
    ("ct", "time_expired"): "ct_win_time",
    ("ct", "bomb_defused"): "ct_win_defuse",
    ("t", "elimination"): "t_win_elimination",
    ("t", "bomb_exploded"): "t_win_bomb",
}
"""How a round was won; a surrender has no word."""
SIDE_WORDS: Final[Mapping[Side, str]] = {"t": "T", "ct": "CT"}
FIRST_LOSSES: Final[Mapping[str, int]] = {"competitive": 1}
"""The counter of lost rounds that a half starts with; 0 in other modes."""
MOST_LOSSES: Final = 4
TIMEOUTS: Final = 1
REGULAR_HALVES: Final = 2
_SIDES_SHOWN: Final[tuple[Side, Side]] = ("ct", "t")

Phase = Literal["freezetime", "live", "over"]
Bomb = BombState


class Board:
    """The match as it stands; `refresh` brings it up to date.

    Attributes:
        map: The block `map`; it must not be changed.
        version: Counts how often it was made anew.
        bomb_seen_tick: When the bomb was planted.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._mode = server.setup.mode
        self._key: tuple[Any, ...] = ()
        self._timeouts: dict[Team, int] = dict.fromkeys(TEAMS, TIMEOUTS)
        self._pauses: frozenset[Side] = frozenset()
        self.map_phase = "warmup"
        self.round_phase: Phase | None = None
        self.bomb: Bomb | None = None
        self.bomb_seen_tick = 0
        self.map: Body = {}
        self.version = 0
        self.refresh()

    @property
    def record(self) -> RoundRecord | None:
        """The round being shown."""
        return self._server.round

    @property
    def is_turning(self) -> bool:
        """The sides have changed, and no client is shown it before the next freeze time."""
        record = self._server.round
        return record is not None and record.sides["a"] != self._server.side_of_team["a"]

    @property
    def may_be_over(self) -> bool:
        """The match may have ended with the last round: a team has won regulation, or overtime is near."""
        server = self._server
        best, total = max(server.score.values()), sum(server.score.values())
        return best > server.max_rounds // 2 or total >= server.max_rounds

    def refresh(self) -> None:
        """Look at the match anew."""
        server = self._server
        course, record = server.course, server.round
        self._follow_bomb()
        self._follow_pauses(course)
        key = (
            len(server.rounds),
            record.freeze_end_tick if record is not None else None,
            record.end_tick if record is not None else None,
            course.phase,
            course.is_warmup,
            course.counted,
            server.side_of_team["a"],
            self._timeouts["a"],
            self._timeouts["b"],
        )
        if key != self._key and not self.is_turning:
            self._key = key
            self.map_phase = self._map_phase(record)
            self.round_phase = self._round_phase(record)
            self.map = self._map_block(record)
            self.version += 1

    def _follow_bomb(self) -> None:
        bomb = self._server.bomb
        if bomb is None:
            self.bomb = None
            return
        if self.bomb is None:
            self.bomb_seen_tick = self._server.tick
        self.bomb = bomb.state

    def _follow_pauses(self, course: Course) -> None:
        pauses = frozenset(side for side in course.pauses if side is not None)
        if pauses == self._pauses:
            return
        for team, side in self._server.side_of_team.items():
            if side in pauses - self._pauses:
                self._timeouts[team] = max(0, self._timeouts[team] - 1)
        self._pauses = pauses

    # --- phases

    def _map_phase(self, record: RoundRecord | None) -> str:
        course = self._server.course
        if course.phase == "match_ended":
            return "gameover"
        if record is None or course.is_warmup:
            return "warmup"
        return "intermission" if self._ends_half(record) else "live"

    def _round_phase(self, record: RoundRecord | None) -> Phase | None:
        if record is None or self.map_phase == "warmup":
            return None
        if record.end_tick is not None:
            return "over"
        return "freezetime" if record.freeze_end_tick is None else "live"

    def _ends_half(self, record: RoundRecord) -> bool:
        """Whether the round is decided and a change of halves follows; after a draw, overtime."""
        server = self._server
        if record.end_tick is None or not record.counts:
            return False
        played = len(self._decided())
        past, part = played - server.max_rounds, server.overtime_rounds // 2
        if past < 0:
            return played == server.max_rounds // 2
        is_draw = server.score["a"] == server.score["b"]
        return is_draw if past % server.overtime_rounds == 0 else past % part == 0

    # --- the block

    def _decided(self) -> list[RoundRecord]:
        return [record for record in self._server.rounds if record.counts and record.end_tick is not None]

    def _map_block(self, record: RoundRecord | None) -> Body:
        server = self._server
        team_on = {side: team for team, side in (record.sides if record else server.side_of_team).items()}
        decided = self._decided()
        losses = self._losses(decided, record)
        block: Body = {
            "mode": MODE_WORDS[self._mode],
            "name": server.setup.map_name,
            "phase": self.map_phase,
            "round": server.course.counted,
        }
        for side in _SIDES_SHOWN:
            block[f"team_{side}"] = self._team_block(team_on[side], losses)
        block["num_matches_to_win_series"] = 0
        wins = _round_wins(decided, record)
        return {**block, "round_wins": wins} if wins else block

    def _team_block(self, team: Team, losses: Mapping[Team, int]) -> Body:
        return {
            "score": self._server.score[team],
            "name": self._server.team_names[team],
            "consecutive_round_losses": losses[team],
            "timeouts_remaining": self._timeouts[team],
            "matches_won_this_series": 0,
        }

    def _losses(self, decided: list[RoundRecord], record: RoundRecord | None) -> dict[Team, int]:
        """Rounds lost in a row as the game counts them for money: a win takes one off, a new half starts again."""
        first = FIRST_LOSSES.get(self._mode, 0)
        half = record.half if record is not None and record.counts else 0
        losses = dict.fromkeys(TEAMS, first)
        for played in decided:
            if played.half == half:
                for team, side in played.sides.items():
                    step = -1 if side == played.winner else 1
                    losses[team] = min(MOST_LOSSES, max(0, losses[team] + step))
        return losses


def _round_wins(decided: list[RoundRecord], record: RoundRecord | None) -> dict[str, str]:
    """How each round was won, by number; overtime counts anew and never tells of its first round."""
    overtime = _overtime(record.half) if record is not None and record.counts else 0
    shown = [played for played in decided if _overtime(played.half) == overtime]
    if overtime:
        shown = shown[1:]
    words = {str(number): WIN_WORDS.get((played.winner, played.reason)) for number, played in enumerate(shown, start=1)}
    return {number: word for number, word in words.items() if word is not None}


def _overtime(half: int) -> int:
    """0 in regulation, then 1, 2, ..."""
    return max(0, (half - 1) // REGULAR_HALVES)
