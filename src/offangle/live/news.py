"""Events as open pages hear them: a kind and a few plain facts."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from offangle.live import events as said
from offangle.live.events import Event

News = tuple[str, dict[str, Any]]
Facts = Callable[[Any], dict[str, Any]]


def news_of(event: Event) -> News | None:
    """The event in plain words, or None when no page has a use for it."""
    known = _NEWS.get(type(event))
    return (known[0], known[1](event)) if known is not None else None


def _nothing(_event: Event) -> dict[str, Any]:
    return {}


def _number(event: said.RoundBegan | said.RoundWentLive | said.RoundRestarted) -> dict[str, Any]:
    return {"round": event.number}


def _decided(event: said.RoundDecided) -> dict[str, Any]:
    found = event.round
    facts = {"winner": found.winner, "reason": found.reason, "inferred": found.is_winner_inferred}
    return {"round": found.number, **facts}


def _kill(event: said.KillSeen) -> dict[str, Any]:
    return {"round": event.kill.round_number, "weapon": event.kill.weapon, "confidence": event.kill.confidence}


def _started(event: said.SessionStarted) -> dict[str, Any]:
    return {"map": event.session.map_name, "mode": event.session.mode}


_NEWS: Final[Mapping[type, tuple[str, Facts]]] = MappingProxyType(
    {
        said.RoundBegan: ("round_began", _number),
        said.RoundWentLive: ("round_live", _number),
        said.RoundRestarted: ("round_restarted", _number),
        said.RoundDecided: ("round_decided", _decided),
        said.KillSeen: ("kill", _kill),
        said.Died: ("death", lambda event: {"round": event.round_number}),
        said.BombChanged: ("bomb", lambda event: {"round": event.round_number, "bomb": event.bomb}),
        said.SidesSwitched: (
            "sides_switched",
            lambda event: {"after_round": event.after_round, "own_side": event.own_side},
        ),
        said.SessionStarted: ("session_started", _started),
        said.SessionLeft: ("session_left", _nothing),
        said.SessionResumed: ("session_resumed", _nothing),
        said.SessionFinished: ("session_finished", _nothing),
        said.SessionClosed: ("session_closed", _nothing),
        said.EpochAborted: ("restarted", _nothing),
        said.PostLost: ("post_lost", lambda event: {"figures": len(event.paths)}),
        said.Quarantined: ("spectating", _nothing),
    }
)
"""What is told; a round that closes was told when it was decided, and a post that says nothing new is no news."""
