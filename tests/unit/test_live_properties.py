"""What holds of the reducer for any plausible stream of posts."""

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from makers.gsi_streams import Stream, streams
from offangle.gsi.wire import observation_of
from offangle.live.document import matches_document, sessions_of
from offangle.live.events import Event, PostLost
from offangle.live.observation import Observation
from offangle.live.reduce import reduce, reduce_all
from offangle.live.state import LiveState
from offangle.live.track import tracks_of

# The same examples each time: a build must not fail for what its change did not touch. Raise the number to search.
thorough = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

Documents = list[dict[str, Any]]


def document(state: LiveState, events: list[Event]) -> Documents:
    return matches_document(sessions_of(events, state))


def played(found: Documents) -> Documents:
    return [match for match in found if match["rounds"]]


def folded(observations: list[Observation]) -> Documents:
    state, events = reduce_all(observations)
    return document(state, events)


def stored(state: LiveState) -> LiveState:
    return msgspec.json.decode(msgspec.json.encode(state), type=LiveState)


@thorough
@given(streams())
def test_the_truth_is_told(stream: Stream) -> None:
    found = played(folded(stream.observations))
    truths = [truth for truth in stream.truths if truth.winners]
    assert [[row["winner"] for row in match["rounds"]] for match in found] == [truth.winners for truth in truths]
    assert [[row["own_side"] for row in match["rounds"]] for match in found] == [truth.sides for truth in truths]
    assert [[row["own_kills"] for row in match["rounds"]] for match in found] == [truth.kills for truth in truths]
    assert [sum(bool(row["own_died"]) for row in match["rounds"]) for match in found] == [t.deaths for t in truths]


@thorough
@given(streams())
def test_kills_over_weapons_add_up(stream: Stream) -> None:
    for match in played(folded(stream.observations)):
        assert len(match["kills"]) == match["own"]["kills"] == sum(row["own_kills"] for row in match["rounds"])


@thorough
@given(streams(), st.data())
def test_a_process_may_restart_anywhere(stream: Stream, data: st.DataObject) -> None:
    whole, said = reduce_all(stream.observations)
    cuts = data.draw(st.sets(st.integers(0, len(stream.observations))))
    state, events = LiveState(), []
    for number, observation in enumerate(stream.observations):
        if number in cuts:
            state = stored(state)
        state, happened = reduce(state, observation)
        events += happened
    assert (state, events) == (whole, said)


@thorough
@given(streams(), st.data())
def test_posts_that_come_again_change_nothing(stream: Stream, data: st.DataObject) -> None:
    posts = list(stream.observations)
    for _ in range(data.draw(st.integers(1, 5))):
        which = data.draw(st.integers(0, len(posts) - 1))
        # The same second may hold other posts between the first arrival and the second.
        where = data.draw(st.integers(which + 1, len(posts)))
        posts.insert(where, replace(posts[which], received_ns=posts[where - 1].received_ns + 1))
    assert folded(posts) == folded(stream.observations)


@thorough
@given(streams(), st.data())
def test_a_lost_post_changes_only_what_it_carried(stream: Stream, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, len(stream.observations) - 2))
    posts = [post for number, post in enumerate(stream.observations) if number != lost]
    # What only the last post before a restart carried is gone with it.
    assume(not is_restart_between(*stream.observations[lost : lost + 2]))
    state, events = reduce_all(posts)
    whole, short = played(folded(stream.observations)), played(document(state, events))
    is_said = any(isinstance(event, PostLost) for event in events)
    assert is_said or lost == 0 or [rows(match) for match in whole] == [rows(match) for match in short]
    assert [len(match["rounds"]) for match in short] == [len(match["rounds"]) for match in whole]
    assert [len(match["kills"]) for match in short] == [len(match["kills"]) for match in whole]
    assert [match["own"] for match in short] == [match["own"] for match in whole]
    assert [match["score"] for match in short] == [match["score"] for match in whole]
    touched = touched_rounds(stream, lost)
    for mine, theirs in zip(short, whole, strict=True):
        for one, other in zip(mine["rounds"], theirs["rounds"], strict=True):
            assert one["winner"] in {other["winner"], None}
            assert one["winner"] == other["winner"] or one["number"] in touched


def is_restart_between(before: Observation, after: Observation) -> bool:
    if before.map is None or after.map is None:
        return False
    kills_fell = after.own is not None and kills_of(after) < kills_of(before)
    return after.map.rounds_completed < before.map.rounds_completed or kills_fell


def kills_of(post: Observation) -> int:
    return (post.own.kills if post.own is not None else None) or 0


def rows(match: dict[str, Any]) -> list[tuple[int, str | None, int]]:
    return [(row["number"], row["winner"], row["own_kills"]) for row in match["rounds"]]


def touched_rounds(stream: Stream, lost: int) -> set[int]:
    """Rounds that the lost post, or the one after it, is about: the score it carried may be told only by the next."""
    near = stream.observations[lost : lost + 2]
    return {number for post in near for number in (post.current_round - 1, post.current_round)}


@thorough
@given(streams(), st.data())
def test_a_lost_post_is_told_unless_the_next_says_the_same(stream: Stream, data: st.DataObject) -> None:
    lost = data.draw(st.integers(1, len(stream.observations) - 2))
    before, after = stream.observations[lost - 1], stream.observations[lost + 1]
    _, events = reduce_all([*stream.observations[:lost], after])
    told = [event for event in events if isinstance(event, PostLost)]
    assert told or claims_hold(before, after)


def claims_hold(before: Observation, after: Observation) -> bool:
    return all(before.facts.get(path) == value or value is True for path, value in after.claims.items())


@thorough
@given(streams(), st.data())
def test_tracks_only_grow_at_the_boundaries_of_rounds(stream: Stream, data: st.DataObject) -> None:
    """Between two boundaries the track stays as it is, so that rows are written only there."""
    del data
    state = LiveState()
    before: list[Any] = []
    for observation in stream.observations:
        state, events = reduce(state, observation)
        now = tracks_of(state.session, is_closed=False) if state.session is not None else []
        if not events:
            assert now == before or observation.round_phase == "over" or observation.map is None
        before = now


@thorough
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    ),
    streams(most_rounds=2),
    st.data(),
)
def test_no_post_breaks_the_reducer(junk: Any, stream: Stream, data: st.DataObject) -> None:
    """Any value anywhere in a post: the post may say nothing, but what is folded stays whole and can be stored."""
    number = data.draw(st.integers(0, len(stream.client.posts) - 1))
    body = json.loads(json.dumps(stream.client.posts[number]))
    block = body[data.draw(st.sampled_from(sorted(body.keys() - {"provider"})))]
    if isinstance(block, dict) and block:
        block[data.draw(st.sampled_from(sorted(block)))] = junk
    posts = list(stream.observations)
    posts[number] = observation_of(body, sequence=posts[number].sequence, received_ns=posts[number].received_ns)
    state, events = reduce_all(posts)
    assert stored(state) == state
    json.dumps(document(state, events))
