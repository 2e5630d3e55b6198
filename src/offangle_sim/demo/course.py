"""Where the match is, in the words of the game's rules."""

from collections.abc import Mapping
from typing import Any, Final

from offangle.core.sides import Side
from offangle_sim.demo.bodies import SIDE_NUMBERS
from offangle_sim.server.state import Course, Phase

REASON_CODES: Final[Mapping[tuple[str, Side], int]] = {
    ("bomb_exploded", "t"): 1,
    ("bomb_defused", "ct"): 7,
    ("elimination", "ct"): 8,
    ("elimination", "t"): 9,
    ("time_expired", "ct"): 12,
    ("surrender", "ct"): 17,
    ("surrender", "t"): 18,
}
"""The game's number for why a round ended: reason and winner (a surrender is of the other side)."""
PHASES: Final[Mapping[Phase, int]] = {"first_half": 2, "side_switch": 3, "match_ended": 5}
STARTS: Final[Mapping[str, Any]] = {
    "m_iRoundTime": 115,
    "m_iFreezeTime": 15,
    "m_bMapHasBombTarget": True,
    "m_bMapHasBuyZone": True,
}
_COUNT_MASK: Final = 0xFF


def rules_fields(course: Course) -> dict[str, Any]:
    """Fields of the rules; those without a value have never been said."""
    winner, reason = course.round_winner, course.round_reason
    side = SIDE_NUMBERS[winner] if winner else 0
    code = REASON_CODES[reason, winner] if winner else 0
    fields = {
        "m_bWarmupPeriod": course.is_warmup,
        "m_fWarmupPeriodStart": course.warmup_start_s,
        "m_fWarmupPeriodEnd": course.warmup_end_s,
        "m_bHasMatchStarted": course.has_started,
        "m_fMatchStartTime": course.match_start_s,
        "m_gamePhase": PHASES[course.phase],
        "m_bFreezePeriod": course.is_freeze,
        "m_bBombPlanted": course.is_bomb_planted,
        "m_bBombDropped": course.is_bomb_dropped,
        "m_iRoundWinStatus": side,
        "m_iRoundEndWinnerTeam": side,
        "m_eRoundWinReason": code,
        "m_eRoundEndReason": code,
        "m_fRoundStartTime": course.round_start_s,
        "m_iRoundStartRoundNumber": course.round_start_number,
        "m_nRoundStartCount": course.rounds_started & _COUNT_MASK,
        "m_nRoundEndCount": course.rounds_ended & _COUNT_MASK,
        "m_nMatchEndCount": course.matches_ended & _COUNT_MASK,
        "m_totalRoundsPlayed": course.counted,
        "m_nOvertimePlaying": course.overtime,
        "m_nRoundsPlayedThisPhase": course.phase_rounds,
        "m_bTerroristTimeOutActive": "t" in course.pauses,
        "m_bCTTimeOutActive": "ct" in course.pauses,
        "m_bTechnicalTimeOut": None in course.pauses,
        "m_bMatchWaitingForResume": bool(course.pauses),
    }
    return {name: value for name, value in fields.items() if value is not None}
