"""One match analysed again and again, with other results each time, while readers check that no answer mixes two.

The file has two tellings that differ in everything; each run of the pipeline's own steps publishes the other one. What
every address answers for either is asked in peace first; under way an answer must be one of the two.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from django.db import connection
from django.test import Client

from makers.house import services
from makers.rows import MADE_BY_HAND, StepDone, make_demo
from makers.synthetic import FIRST_ID, make_match
from offangle.core.errors import BadInputError
from offangle.db.models import Demo, Match, User
from offangle.flows.recorded import analyse, build, notify, publish
from offangle.flows.recorded.builds import collect_builds
from offangle.flows.recorded.identity import match_id_of
from offangle.frames.collection import MatchFrames
from offangle.parsing.isolated import ParsedTables
from offangle.web.matches.tabs.registry import TABS

TELLINGS: Final = ({"seed": 1, "score": (3, 1)}, {"seed": 2, "score": (1, 3)})
FAILS_EVERY: Final = 7
"""Each so many analyses one fails between build and publication."""
GRACE: Final = timedelta(seconds=20)
"""What readers have under way; a request takes much less."""
COLLECT_EVERY: Final = 10
SHOWN_LINES: Final = 40
PAUSE_S: Final = 0.1
"""Between two questions of a reader, so that they leave the analyses some of the machine."""
PLAYER: Final = FIRST_ID
PAGES: Final = ("", "players/", f"players/{PLAYER}/")
API: Final = (
    "",
    "/rounds",
    "/players",
    "/stats",
    "/stats?side=ct",
    "/checks",
    "/player-rounds",
    "/kills?limit=500",
    "/damages?limit=500",
)
TABLES: Final = ("kills", "damages", "rounds", "players", "player_stats", "round_stats", "checks")
CHANGING: Final = (
    re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'),
    re.compile(r'name="csrf-token" content="[^"]*"'),
    re.compile(r'"next_cursor": ?"[^"]*"'),
)
"""What differs between two answers to the same question."""


@cache
def telling(number: int) -> MatchFrames:
    """The tables of one telling; the players' names tell which it is too."""
    frames = make_match(half_rounds=2, samples=False, **TELLINGS[number])  # type: ignore[arg-type]
    players = frames["players"].with_columns(pl.col("name") + f" {number}")
    return MatchFrames({**frames.tables, "players": players})


@dataclass
class Study:
    """A match under analysis, and what its readers saw.

    Attributes:
        folder: Where the tellings lie as a parser would leave them.
        demo: The file.
        seen: How often each address answered for each telling.
        mixed: Answers that are of neither.
    """

    folder: Path
    demo: Demo
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    mixed: list[str] = field(default_factory=list)
    expected: dict[str, list[str]] = field(default_factory=dict)

    def addresses(self) -> list[str]:
        """Every page and answer that tells of the match."""
        match_id = match_id_of(self.demo.sha256)
        tabs = [f"matches/{match_id}/{tab.slug}/" for tab in TABS]
        rounds = [f"matches/{match_id}/rounds/{number}/" for number in (1, 4)]
        own = [f"api/v1/matches/{match_id}{path}" for path in API]
        tables = [f"api/v1/matches/{match_id}/tables/{name}?format=csv" for name in TABLES]
        others = ["api/v1/matches", f"api/v1/players/{PLAYER}", f"api/v1/players/{PLAYER}/matches"]
        return [f"/{path}" for path in (*PAGES, *tabs, *rounds, *own, *tables, *others)]

    def analyse(self, number: int, *, fails: bool = False) -> None:
        """Run the steps of the job for a telling; one that fails ends behind the build."""
        context = StepDone({})
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(build, "parse_isolated", lambda *_args, **_options: self._parsed(number))
            patched.setattr(build, "open_match_file", lambda *_args: None)
            context.results = {"build": build.build(services(), self.demo.sha256, context)}
            if fails:
                patched.setattr(analyse, "derive", _fail)
                with pytest.raises(BadInputError):
                    analyse.analyse(services(), self.demo.sha256, context)
                return
            analyse.analyse(services(), self.demo.sha256, context)
            publish.publish(services().store, self.demo.sha256, context)
            notify.notify(self.demo.sha256, context)

    def _parsed(self, number: int) -> ParsedTables:
        which = number % len(TELLINGS)
        folder, frames = self.folder / str(which), telling(which)
        if not folder.exists():
            folder.mkdir(parents=True)
            for name in frames:
                frames[name].write_parquet(folder / f"{name}.parquet")
        return ParsedTables(folder, {name: frames[name].height for name in frames}, 0, 0.0)

    def learn(self, user: User) -> None:
        """Ask every address in peace, for each telling; those that do not tell them apart are no use as witnesses."""
        client = signed_in(user)
        for number in range(len(TELLINGS)):
            self.analyse(number)
            for address in self.addresses():
                self.expected.setdefault(address, []).append(answer(client, address))
        same = [address for address, (one, other) in self.expected.items() if one == other]
        assert not same, f"tell nothing of the build: {same}"

    def read(self, client: Client, until: threading.Event) -> None:
        """Ask every address over and over, each answer checked."""
        try:
            while not until.is_set():
                for address in self.addresses():
                    self._check(address, answer(client, address))
                    until.wait(PAUSE_S)
        except Exception as error:  # noqa: BLE001 -- told to the test, which runs in another thread
            self.mixed.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    def _check(self, address: str, found: str) -> None:
        known = self.expected[address]
        if found in known:
            self.seen[address, known.index(found)] += 1
        else:
            self.mixed.append(f"{address}: of neither\n{_differences(found, known)}")

    def run(self, count: int, clients: Sequence[Client]) -> None:
        """Analyse `count` times under the eyes of one reader per client."""
        over = threading.Event()
        with _running([lambda client=client: self.read(client, over) for client in clients], over):  # type: ignore[misc]
            for number in range(count):
                self.analyse(number, fails=number % FAILS_EVERY == FAILS_EVERY - 1)
                if number % COLLECT_EVERY == 0:
                    collect_builds(services(), grace=GRACE)
                if self.mixed:
                    return


def open_study(folder: Path, user: User) -> Study:
    """A file of `user`'s with both tellings learnt."""
    demo = make_demo(user, "told-twice.dem", job_id=MADE_BY_HAND)
    study = Study(folder, demo)
    study.analyse(0)
    Match.objects.update(published_at=datetime(2026, 5, 17, tzinfo=UTC))
    study.learn(user)
    return study


def signed_in(user: User) -> Client:
    """A browser of `user`'s."""
    client = Client()
    client.force_login(user)
    return client


def answer(client: Client, address: str) -> str:
    """What an address says, without what differs each time."""
    response: Any = client.get(address)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = content.decode()
    assert response.status_code == 200, f"{address}: {response.status_code} {text[:500]}"
    for pattern in CHANGING:
        text = pattern.sub("", text)
    return text


def _differences(found: str, known: Sequence[str]) -> str:
    """How an answer differs from the one it is most like."""
    lines = [
        [line for line in unified_diff(one.splitlines(), found.splitlines(), n=0, lineterm="") if line[0] in "+-"]
        for one in known
    ]
    return "\n".join(min(lines, key=len)[:SHOWN_LINES])


def _fail(_frames: MatchFrames) -> None:
    raise BadInputError("this analysis fails")


@contextmanager
def _running(works: Sequence[Callable[[], None]], over: threading.Event) -> Iterator[None]:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
