"""Ten thousand damaged posts: the right status each, no crash, nothing stored that should not be."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from makers.gsi_mutations import Mutation, expected, mutate
from makers.gsi_posts import MATE, OWN, GsiClient
from makers.gsi_probe import Probe, ask, make_owner
from offangle.db.models import GsiJournal
from offangle.gsi.wire import decode_post, observation_of

pytestmark = pytest.mark.django_db(transaction=True)
MUTATIONS = 10_000
AT_ONCE = 100
RECORDING = Path("gsi") / "cs2_player_build14108.jsonl"


def made_posts() -> list[dict[str, Any]]:
    client = GsiClient()
    client.warmup()
    for winner in ("T", "CT"):
        client.play_round(winner, kills=2)
    client.freeze()
    client.die()
    client.vanish()
    client.spectate_mate()
    client.menu()
    return client.posts


def recorded_posts(folder: Path) -> list[dict[str, Any]]:
    with (folder / RECORDING).open(encoding="utf-8") as lines:
        posts = [json.loads(line)["body"] for line in lines]
    return [{**post, "provider": {**post["provider"], "steamid": str(OWN)}} for post in posts]


def test_ten_thousand_mutations_of_made_posts() -> None:
    check(made_posts(), seed=1)


@pytest.mark.shared
def test_ten_thousand_mutations_of_real_posts(shared_data: Path) -> None:
    check(recorded_posts(shared_data), seed=2)


def check(posts: list[dict[str, Any]], *, seed: int) -> None:
    """Send mutations of `posts` and hold answers and journal against the standard library's reading of each."""
    _, _, secret = make_owner(OWN)
    _, _, mate_secret = make_owner(MATE, "mate")
    rng = random.Random(seed)  # noqa: S311 -- repeatable damage, no secret
    signed = [{**post, "auth": {"token": token}} for post in posts for token in (secret, secret, secret, mate_secret)]
    mutations = [mutate(rng, rng.choice(signed)) for _ in range(MUTATIONS)]
    wanted = [expected(mutation.raw, steam_ids={secret: OWN, mate_secret: MATE}) for mutation in mutations]

    async def scenario(probe: Probe) -> list[int]:
        statuses: list[int] = []
        for at in range(0, len(mutations), AT_ONCE):
            answers = await asyncio.gather(*(probe.post(mutation.raw) for mutation in mutations[at : at + AT_ONCE]))
            statuses += [answer.status for answer in answers]
        return statuses

    statuses = ask(scenario)
    wrong = [
        (mutation, status, want)
        for mutation, status, (want, _) in zip(mutations, statuses, wanted, strict=True)
        if status != want
    ]
    assert not wrong, f"{len(wrong)}: {explain(wrong[0])}"
    assert {200, 400, 401, 403} <= set(statuses)  # the mutations reached every door
    check_journal([body for _, body in wanted if body is not None], secrets=(secret, mate_secret))


def check_journal(wanted: list[dict[str, Any]], *, secrets: tuple[str, ...]) -> None:
    """The journal holds exactly the good posts, each readable, none with a token."""
    stored = [(row.pk, row.received_ns, bytes(row.body)) for row in GsiJournal.objects.order_by("pk")]
    assert sorted(map(canonical, wanted)) == sorted(canonical(json.loads(body)) for _, _, body in stored)
    for sequence, received_ns, body in stored:
        assert not any(secret.encode() in body for secret in secrets)
        observation_of(decode_post(body), sequence=sequence, received_ns=received_ns)


def canonical(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True)


def explain(case: tuple[Mutation, int, int]) -> str:
    mutation, status, want = case
    return f"{mutation.what}: answered {status}, deserves {want}: {mutation.raw[:3000]!r}"
