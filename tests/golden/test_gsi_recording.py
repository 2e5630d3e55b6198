"""The real recording of a playing client, its truth derived by hand from the posts.

Read post by post: three stays on servers (competitive, wingman, competitive with bots). The third was restarted by
hand five times, twice in the middle of its first round, so that three epochs with decided rounds were aborted. Half-
time falls after round 8 of the wingman match. `over` was never sent where a round has an inferred winner. Of the two
own kills one was seen in its own round (the clip fell from 9 to 8), the other only through the match counter in the
next freeze time.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from offangle.gsi.wire import observation_of
from offangle.live.document import matches_document, sessions_of
from offangle.live.events import PostLost, RoundRestarted, SessionStarted
from offangle.live.observation import Observation
from offangle.live.reduce import reduce_all

pytestmark = pytest.mark.shared

# map, mode, aborted, winners ("!" marks an inferred one), own score, enemy score, own kills, own deaths
TRUTH = [
    ("de_dust2", "competitive", False, "ct t ct", 2, 1, 1, 0),
    ("de_inferno", "scrimcomp2v2", False, "t ct ct t ct ct t ct t", 3, 6, 0, 2),
    ("de_dust2", "competitive", True, "t t t!", 0, 3, 0, 2),
    ("de_dust2", "competitive", True, "t! ct! ct! ct!", 3, 1, 1, 0),
    ("de_dust2", "competitive", True, "ct! t!", 1, 1, 0, 1),
    ("de_dust2", "competitive", False, "ct!", 1, 0, 0, 0),
]
REASONS_SEEN = {
    0: "bomb_defused bomb_exploded elimination",
    1: "bomb_exploded elimination bomb_defused bomb_exploded time_expired time_expired bomb_exploded time_expired "
    "bomb_exploded",
}


@pytest.fixture(scope="module")
def observations(shared_data: Path) -> list[Observation]:
    lines = (shared_data / "gsi" / "cs2_player_build14108.jsonl").read_bytes().splitlines()
    found = []
    for number, line in enumerate(lines):
        row = msgspec.json.decode(line)
        received_ns = int(datetime.fromisoformat(row["received_at"]).timestamp() * 1e9)
        found.append(observation_of(row["body"], sequence=number, received_ns=received_ns))
    return found


def documents(observations: list[Observation]) -> list[dict[str, Any]]:
    state, events = reduce_all(observations)
    return matches_document(sessions_of(events, state))


def test_every_match_epoch_winner_and_score(observations: list[Observation]) -> None:
    found = [
        (
            match["map"],
            match["mode"],
            match["aborted"],
            " ".join(row["winner"] + ("!" if row["inferred"] else "") for row in match["rounds"]),
            match["score"]["own"],
            match["score"]["enemy"],
            match["own"]["kills"],
            match["own"]["deaths"],
        )
        for match in documents(observations)
    ]
    assert found == TRUTH


def test_the_two_own_kills_of_which_one_has_a_weapon(observations: list[Observation]) -> None:
    kills = [kill for match in documents(observations) for kill in match["kills"]]
    assert kills == [
        {"round": 1, "weapon": "hkp2000", "confidence": "high"},
        {"round": 4, "weapon": "unknown", "confidence": "none"},
    ]


def test_half_time_after_the_eighth_round(observations: list[Observation]) -> None:
    wingman = documents(observations)[1]
    assert wingman["side_switches_after"] == [8]
    assert [row["own_side"] for row in wingman["rounds"]] == ["t"] * 8 + ["ct"]


def test_reasons_where_the_end_was_seen(observations: list[Observation]) -> None:
    found = documents(observations)
    for number, reasons in REASONS_SEEN.items():
        assert [row["reason"] for row in found[number]["rounds"]] == reasons.split()


def test_sessions_restarts_and_lost_posts(observations: list[Observation]) -> None:
    _, events = reduce_all(observations)
    assert sum(isinstance(event, SessionStarted) for event in events) == 3
    assert sum(isinstance(event, RoundRestarted) for event in events) == 2
    assert [event.sequence for event in events if isinstance(event, PostLost)] == [118, 125, 138]
