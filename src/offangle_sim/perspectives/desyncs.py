"""Desync events: stretches of frames with how they ended and what they touched."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import polars as pl

from offangle.core.perspectives import DESYNC_CLASSES, DESYNC_MIN_TICKS
from offangle.frames.perspectives import PERSPECTIVE_TABLES, checked_perspectives
from offangle_sim.net.notes import DeathNote, HitNote, Notes, ShotNote
from offangle_sim.net.packets import Booleans, Floats
from offangle_sim.net.states import EYE_HEIGHT_U
from offangle_sim.perspectives.differences import Chunk
from offangle_sim.perspectives.runs import Run

LineOfSight: TypeAlias = Callable[[Floats, Floats], Booleans]
"""Whether nothing stands between: (m, 3) eyes and (m, 3) points to (m,)."""

MIDDLE_HEIGHT_U: Final = 36.0
"""Of the body's middle, above the feet."""

VERDICT: Final = DESYNC_CLASSES.index("verdict")
SHORTEST_TICKS: Final = tuple(1 if name == "verdict" else DESYNC_MIN_TICKS for name in DESYNC_CLASSES)
"""How long a difference lasts to be a desync, for each class."""

_tick_of = attrgetter("tick")
_Note = TypeVar("_Note", ShotNote, HitNote, DeathNote)


@dataclass(frozen=True, slots=True)
class Event:
    """A desync; players are rows of the network.

    Attributes:
        run: When, whom, which class.
        merge: How it ended; None: it did not.
    """

    run: Run
    merge: str | None


def merge_of(run: Run, chunk: Chunk) -> str:
    """How a stretch ended that ends in this chunk; see `MERGES`."""
    if run.end is None:
        raise ValueError("a stretch that is open has not merged")
    subject, at = run.pair % chunk.shown.shape[1], run.end - chunk.first
    if run.condition == VERDICT or not chunk.alive[at, subject]:
        return "verdict"
    return "reset" if chunk.was_put(at, subject) else "recovered"


def behind_cover(deaths: Sequence[DeathNote], sight: LineOfSight | None) -> list[bool | None]:
    """For each death whether the victim's own client showed the attacker out of sight: neither head nor middle seen.

    None without an attacker, or without eyes to see.
    """
    asked = [
        (note.own_position, note.shown_attacker)
        for note in deaths
        if note.shown_attacker is not None and note.attacker != note.victim
    ]
    if sight is None or not asked:
        return [None] * len(deaths)
    points = np.array(asked)
    eyes = points[:, 0] + (0.0, 0.0, EYE_HEIGHT_U)
    heads, middles = (points[:, 1] + (0.0, 0.0, height) for height in (EYE_HEIGHT_U, MIDDLE_HEIGHT_U))
    hidden = iter((~(sight(eyes, heads) | sight(eyes, middles))).tolist())
    return [None if note.shown_attacker is None or note.attacker == note.victim else next(hidden) for note in deaths]


class Consequences:
    """What happened between two players in a stretch of time."""

    def __init__(self, notes: Notes, hidden: Sequence[bool | None]) -> None:
        """`hidden` goes with `notes.deaths`, from `behind_cover`."""
        self._notes = notes
        self._hidden = hidden

    def of(self, viewer: int, subject: int, first: int, last: int) -> dict[str, Any]:
        """The columns of the event that lasts from tick `first` to `last`."""
        shots = [
            note.tick
            for note in _during(self._notes.shots, first, last)
            if note.shooter == viewer and subject in {note.target, viewer}
        ]
        hits = [note.tick for note in _during(self._notes.hits, first, last) if _between(note, viewer, subject)]
        deaths = [note for note in _during(self._notes.deaths, first, last) if _between(note, viewer, subject)]
        return {
            "shot_ticks": sorted(set(shots)),
            "hit_ticks": sorted(set(hits)),
            "death_ticks": sorted({note.tick for note in deaths}),
            "died_behind_cover": self._cover([note for note in deaths if note.victim == viewer]),
        }

    def _cover(self, deaths: Sequence[DeathNote]) -> bool | None:
        """Whether one of these deaths was behind cover; None if nobody knows."""
        found = [self._hidden[self._place(note)] for note in deaths]
        known = [hidden for hidden in found if hidden is not None]
        return any(known) if known else None

    def _place(self, note: DeathNote) -> int:
        deaths = self._notes.deaths
        return deaths.index(note, bisect_left(deaths, note.tick, key=_tick_of))


def _during(notes: Sequence[_Note], first: int, last: int) -> Sequence[_Note]:
    return notes[bisect_left(notes, first, key=_tick_of) : bisect_right(notes, last, key=_tick_of)]


def _between(note: HitNote | DeathNote, viewer: int, subject: int) -> bool:
    """Whether both took part; of the viewer's own desyncs whether the viewer did."""
    involved = {note.attacker, note.victim}
    return viewer in involved and (viewer == subject or subject in involved)


def desyncs_frame(
    events: Sequence[Event],
    consequences: Consequences,
    *,
    steam_ids: Sequence[int],
    round_number_at: Callable[[int], int],
    last_tick: int,
) -> pl.DataFrame:
    """The events as `DesyncEventsTable`, by time; `last_tick` is the last frame's."""
    players = len(steam_ids)
    rows = []
    ordered = sorted(events, key=lambda event: (event.run.first, event.run.condition, event.run.pair))
    for number, event in enumerate(ordered):
        run = event.run
        viewer, subject = divmod(run.pair, players)
        rows.append(
            {
                "event_id": number,
                "viewer_steam_id": steam_ids[viewer],
                "subject_steam_id": steam_ids[subject],
                "desync_class": DESYNC_CLASSES[run.condition],
                "basis": "observed",
                "round_number": round_number_at(run.first),
                "opened_tick": run.first,
                "closed_tick": run.end,
                "merge": event.merge,
                "max_divergence_u": run.largest_u,
                "max_divergence_deg": None if np.isnan(run.largest_deg) else run.largest_deg,
                **consequences.of(viewer, subject, run.first, last_tick if run.end is None else run.end),
            }
        )
    columns = PERSPECTIVE_TABLES["desyncs"].columns()
    frame = pl.DataFrame(rows, schema={name: column.dtype for name, column in columns.items()})
    return checked_perspectives("desyncs", frame)
