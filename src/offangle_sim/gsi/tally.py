"""What game clients know of deaths and fire, followed in the rows that the recorder keeps."""

from typing import Any, Final

from offangle_sim.demo.match_recorder import MatchRecorder

FIRE: Final = "inferno"


class Tally:
    """Kills of the round by player, and when each player last died or burned; players by their id in the tables."""

    def __init__(self, recorder: MatchRecorder) -> None:
        self._log = recorder.log
        self._recorder = recorder
        self._kills_read = self._damages_read = self._rounds_seen = 0
        self._round_start_tick = 0
        self.round_kills: dict[int, int] = {}
        self.round_headshots: dict[int, int] = {}
        self.died_tick: dict[int, int] = {}
        self.burned_tick: dict[int, int] = {}

    def refresh(self) -> None:
        """Read what happened since."""
        rounds = self._recorder.rounds
        if len(rounds) != self._rounds_seen:
            self._rounds_seen = len(rounds)
            self._round_start_tick = rounds[-1].start_tick
            self.round_kills.clear()
            self.round_headshots.clear()
        kills = self._log.known("kills")
        if len(kills) != self._kills_read:
            for row in kills[self._kills_read :]:
                self._count(row)
            self._kills_read = len(kills)
        damages = self._log.known("damages")
        if len(damages) != self._damages_read:
            for row in damages[self._damages_read :]:
                if row["weapon"] == FIRE:
                    self.burned_tick[row["victim_steam_id"]] = row["tick"]
            self._damages_read = len(damages)

    def _count(self, row: dict[str, Any]) -> None:
        self.died_tick[row["victim_steam_id"]] = row["tick"]
        attacker = row["attacker_steam_id"]
        is_of_round = row["tick"] >= self._round_start_tick
        if attacker is None or row["attacker_side"] == row["victim_side"] or not is_of_round:
            return
        self.round_kills[attacker] = self.round_kills.get(attacker, 0) + 1
        if row["is_headshot"]:
            self.round_headshots[attacker] = self.round_headshots.get(attacker, 0) + 1
