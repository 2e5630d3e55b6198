"""A simulated match told twice, by the posts of its players' games and by its recording: the pipeline agrees."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from makers import corpus
from makers.api_world import open_services, prepare_jobs
from makers.house import install, services
from makers.live_journal import append, follow, owner_of
from makers.rows import StepDone
from offangle.cli.recordings import read_recording
from offangle.db.models import Analysis, ImportRecord, Match, PlayerMatchStat, PlayerRoundState, Round, User
from offangle.db.queries.journal import JournalEntry
from offangle.flows.recorded.acquire import import_path
from offangle.flows.recorded.identity import match_id_of
from offangle.flows.recorded.kind import RECORDED
from offangle.flows.recorded.queueing import demo_request
from offangle.storage.intake import Intake
from offangle_sim.order import LOCAL_NETWORK, MatchOrder

pytestmark = pytest.mark.django_db

ORDER = MatchOrder(seed=4, rounds=4, max_rounds=4, parts=frozenset({"demo", "gsi"}), network=LOCAL_NETWORK)
"""With a change of sides after the second round."""


@dataclass(frozen=True)
class Played:
    """What a match left behind.

    Attributes:
        demo: The server's recording.
        streams: Each player's posts, by SteamID.
    """

    demo: Path
    streams: dict[int, Path]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    match = corpus.played(ORDER)
    streams = {int(path.stem): path for path in sorted((match.folder / "gsi").iterdir())}
    return Played(match.demo(tmp_path_factory.mktemp("played")), streams)


@pytest.fixture(autouse=True)
def services_in_a_folder(tmp_path: Path) -> Iterator[None]:
    prepare_jobs(tmp_path / "prepared.sqlite")
    small = open_services(tmp_path, tmp_path / "prepared.sqlite")
    opened = replace(small, intake=Intake(small.store, small.work))  # a recording is larger than other tests allow
    install(opened)
    with opened.jobs:
        yield


def follow_live(played: Played) -> Match:
    """Every player's posts, as the ingest keeps them and the follower reads them."""
    entries = []
    for steam_id, path in played.streams.items():
        owner_of(steam_id, f"player {steam_id}")
        entries += [
            JournalEntry(
                steam_id, None, post.received_ns, post.body["provider"]["timestamp"], msgspec.json.encode(post.body)
            )
            for post in read_recording(path)
        ]
    append(sorted(entries, key=lambda entry: entry.received_ns))
    follow(*played.streams)
    return Match.objects.get(source="gsi", superseded_by=None)


def publish(demo: Path) -> Match:
    """The recording, through every step of its job."""
    (record,) = import_path(services(), User.objects.create_user("importer"), demo, ImportRecord.Source.UPLOAD).accepted
    assert record.demo is not None
    results: dict[str, Any] = {}
    job_id = demo_request(record.demo.sha256).job_id
    for step in RECORDED.work(services()).steps:
        results[step.name] = step.function(record.demo.sha256, StepDone(results, job_id))
    return Match.objects.get(pk=match_id_of(record.demo.sha256))


def test_live_posts_and_the_recording_of_one_match_agree(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    # a recording does not tell when it was made, and so short a match would not do without
    monkeypatch.setattr("offangle.flows.following.demo.ROUNDS_WITHOUT_TIME", ORDER.rounds)
    live = follow_live(played)
    match = publish(played.demo)
    live.refresh_from_db()
    assert live.superseded_by == match
    assert rounds_of(live) == rounds_of(match)
    assert len(rounds_of(match)) == ORDER.rounds
    for steam_id in played.streams:
        assert own_rounds(live, steam_id) == own_rounds(match, steam_id)
        assert totals(live, steam_id) == totals(match, steam_id)
    kept = Analysis.objects.get(match=match).live_difference
    assert kept is not None
    (difference,) = kept["matches"]
    assert difference["score"]["live"] == difference["score"]["demo"]
    assert difference["rounds"]["missed"] == difference["rounds"]["winner_unknown"] == []
    assert {int(player["steam_id"]) for player in difference["players"]} == set(played.streams)


def rounds_of(match: Match) -> list[tuple[int, str | None]]:
    """Which side won which round."""
    return list(Round.objects.filter(match=match).order_by("number").values_list("number", "winner_side"))


def own_rounds(match: Match, steam_id: int) -> list[tuple[int, str | None, int | None, bool | None]]:
    """Side, kills and survival of a player in each round."""
    rows = PlayerRoundState.objects.filter(match=match, steam_account=steam_id).order_by("round__number")
    return list(rows.values_list("round__number", "side", "kills", "survived"))


def totals(match: Match, steam_id: int) -> dict[str, int]:
    """A player's figures over the match."""
    stats = PlayerMatchStat.objects.get(match=match, steam_account=steam_id, side="all")
    return {name: getattr(stats, name) for name in ("rounds_played", "kills", "deaths")}
