"""What the ingest answers and what it stores: every refusal, one by one and in a crowd."""

import asyncio
import json
from typing import Any

import pytest

from makers.gsi_posts import MATE, OWN, GsiClient
from makers.gsi_probe import Probe, aside, ask, encoded, make_owner
from offangle.db.models import GsiJournal, GsiToken
from offangle.db.queries.gsi_tokens import create_gsi_token, revoke_gsi_token, rotate_gsi_token
from offangle.db.queries.journal import newest_id, observers_after, read_after
from offangle.gsi.committer import GroupCommitter
from offangle.gsi.endpoint import GsiEndpoint
from offangle.gsi.journal import JournalWriter
from offangle.gsi.metrics import Metrics
from offangle.gsi.refusals import MOST_BODY_BYTES, REFUSALS
from offangle.gsi.tokens import TokenCache
from offangle.gsi.wire import decode_post

pytestmark = pytest.mark.django_db(transaction=True)


def a_post(steam_id: int = OWN) -> dict[str, Any]:
    client = GsiClient(steam_id=steam_id)
    client.freeze()
    client.live()
    client.kill()
    return client.posts[-1]


def one(body: bytes | list[bytes], **options: Any) -> Any:
    async def scenario(probe: Probe) -> Any:
        return await probe.post(body, **options)

    return ask(scenario)


def endpoint_with(journal: Any, **options: Any) -> GsiEndpoint:
    metrics = Metrics(tuple(refusal.cause for refusal in REFUSALS), process="test")
    return GsiEndpoint(TokenCache(), GroupCommitter(journal, metrics.note_commit), metrics, **options)


def test_trap_16_token_is_bound_hashed_and_never_stored() -> None:
    _, token_id, secret = make_owner(OWN)
    body = a_post()
    body["previously"] = {"auth": {"token": secret}}
    answer = one(encoded(body, secret))
    assert (answer.status, answer.body) == (200, b"")
    stored = GsiJournal.objects.get()
    assert (stored.steam_id, stored.token_id) == (OWN, token_id)
    assert stored.provider_timestamp == body["provider"]["timestamp"]
    assert decode_post(bytes(stored.body)) == {**body, "previously": {}}
    assert secret.encode() not in bytes(stored.body)
    assert secret not in str(GsiToken.objects.values().get())


def test_trap_17_answers_200_only_when_stored() -> None:
    _, _, secret = make_owner(OWN)
    body = encoded(a_post(), secret)

    class Broken(JournalWriter):
        def append(self, entries: Any) -> None:
            del entries
            raise OSError("the disk is full")

    async def scenario(probe: Probe) -> Any:
        return await probe.post(body), await probe.get("/gsi/health")

    answer, health = ask(scenario, endpoint_with(Broken()))
    assert (answer.status, answer.cause, answer.headers["retry-after"]) == (503, "not_stored", "1")
    assert (health.status, json.loads(health.body)["writer"]) == (503, False)
    assert GsiJournal.objects.count() == 0


def test_wrong_token() -> None:
    make_owner(OWN)
    answer = one(encoded(a_post(), "ofg_somebody-elses-guess"))
    assert (answer.status, answer.cause) == (401, "token_unknown")
    assert GsiJournal.objects.count() == 0


@pytest.mark.parametrize("auth", [None, {}, {"token": 5}, {"token": None}, [], "ofg_x", {"Token": "x"}])
def test_no_token(auth: Any) -> None:
    answer = one(json.dumps({**a_post(), "auth": auth}).encode())
    assert (answer.status, answer.cause) == (401, "token_missing")
    assert GsiJournal.objects.count() == 0


def test_other_players_steam_id() -> None:
    _, _, secret = make_owner(OWN)
    make_owner(MATE, "mate")
    answer = one(encoded(a_post(MATE), secret))
    assert (answer.status, answer.cause) == (403, "other_account")
    assert GsiJournal.objects.count() == 0


def test_revoked_rotated_and_barred() -> None:
    user, token_id, secret = make_owner(OWN)
    rotated, new_secret = rotate_gsi_token(user, token_id)
    assert rotated.generation == 2
    assert one(encoded(a_post(), secret)).status == 401
    assert one(encoded(a_post(), new_secret)).status == 200
    user.is_active = False
    user.save()
    assert one(encoded(a_post(), new_secret)).status == 401
    user.is_active = True
    user.save()
    revoke_gsi_token(user, token_id)
    assert one(encoded(a_post(), new_secret)).status == 401


def test_a_megabyte_announced_and_unannounced() -> None:
    _, _, secret = make_owner(OWN)
    big = encoded({**a_post(), "x": "y" * 1024**2}, secret)
    announced = one(b"", headers=[(b"content-length", str(len(big)).encode())])
    assert (announced.status, announced.cause) == (413, "too_large")
    pieces = [big[at : at + 50_000] for at in range(0, len(big), 50_000)]
    assert one(pieces).status == 413
    assert one(big).status == 413
    assert GsiJournal.objects.count() == 0


def test_the_largest_body_is_taken_and_one_byte_more_is_not() -> None:
    _, _, secret = make_owner(OWN)
    body = a_post()
    room = MOST_BODY_BYTES - len(encoded({**body, "x": ""}, secret))
    assert one(encoded({**body, "x": "y" * room}, secret)).status == 200
    assert one(encoded({**body, "x": "y" * (room + 1)}, secret)).status == 413
    assert GsiJournal.objects.count() == 1


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"[]", "not_json"),
        (b'"text"', "not_json"),
        (b"\xff\xfe{}", "not_json"),
        (b'{"provider":{"appid":730,"steamid":"76561198000000001"},"a":"\xff"}', "not_json"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "not_json"),
        (b"{}", "not_cs2"),
        (b'{"provider":[]}', "not_cs2"),
        (b'{"provider":{"appid":570,"steamid":"76561198000000001"}}', "not_cs2"),
        (b'{"provider":{"appid":true,"steamid":"76561198000000001"}}', "not_cs2"),
        (b'{"provider":{"appid":730}}', "no_provider"),
        (b'{"provider":{"appid":730,"steamid":"-1"}}', "no_provider"),
        (b'{"provider":{"appid":730,"steamid":{}}}', "no_provider"),
        (b'{"provider":{"appid":730,"steamid":"99999999999999999999"}}', "no_provider"),
    ],
)
def test_what_is_no_post(raw: bytes, cause: str) -> None:
    answer = one(raw)
    assert (answer.status, answer.cause) == (400, cause)
    assert GsiJournal.objects.count() == 0


def test_wrong_types_and_unknown_keys_are_stored_as_they_came() -> None:
    _, _, secret = make_owner(OWN)
    odd = {**a_post(), "map": 5, "round": [], "player": {"state": "x", "weapons": [1]}, "brand_new": {"deep": [None]}}
    odd["provider"] = {"appid": "730", "steamid": OWN, "timestamp": "soon", "name": None}
    assert one(encoded(odd, secret)).status == 200
    stored = GsiJournal.objects.get()
    assert json.loads(bytes(stored.body)) == odd
    assert stored.provider_timestamp == 0


def test_a_token_outside_of_auth_is_not_stored() -> None:
    _, _, secret = make_owner(OWN)
    body = a_post()
    body["player"]["name"] = f"my token is {secret}"
    answer = one(encoded(body, secret))
    assert (answer.status, answer.cause) == (400, "stray_token")
    assert GsiJournal.objects.count() == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_only_post(method: str) -> None:
    async def scenario(probe: Probe) -> Any:
        return await probe.request(method, "/gsi", b"")

    answer = ask(scenario)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_slow_body_ends_and_a_slow_but_steady_one_is_taken() -> None:
    _, _, secret = make_owner(OWN)
    raw = encoded(a_post(), secret)

    async def scenario(probe: Probe) -> Any:
        hanging = asyncio.create_task(probe.post([raw[:100]], hangs=True))
        whole = await probe.post([raw[at : at + 7] for at in range(0, len(raw), 7)])
        return await hanging, whole

    hung, whole = ask(scenario, endpoint_with(JournalWriter(), body_timeout_s=0.2))
    assert (hung.status, hung.cause) == (408, "too_slow")
    assert whole.status == 200
    assert GsiJournal.objects.count() == 1


def test_a_client_that_leaves_gets_nothing_and_stores_nothing() -> None:
    _, _, secret = make_owner(OWN)
    assert one([encoded(a_post(), secret)[:200]], leaves=True).status == 0
    assert GsiJournal.objects.count() == 0


def test_a_new_token_is_known_at_once() -> None:
    user, _, _ = make_owner(OWN)

    async def scenario(probe: Probe) -> Any:
        probe.endpoint._tokens._stopping.set()  # memory learns nothing more: only the question can help
        _, secret = await aside(create_gsi_token, user, OWN, "fresh")
        return await probe.post(encoded(a_post(), secret))

    assert ask(scenario).status == 200


def test_guessing_does_not_flood_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    make_owner(OWN)
    asked: list[str] = []
    monkeypatch.setattr("offangle.gsi.tokens.find_live_token", asked.append)

    async def scenario(probe: Probe) -> list[int]:
        guesses = [probe.post(encoded(a_post(), f"ofg_{number % 150}")) for number in range(300)]
        return [answer.status for answer in await asyncio.gather(*guesses)]

    assert set(ask(scenario)) == {401}
    assert 0 < len(asked) <= 60


def test_a_deleted_token_costs_only_its_own_posts() -> None:
    _, _, secret = make_owner(OWN)
    _, mate_token_id, mate_secret = make_owner(MATE, "mate")

    async def scenario(probe: Probe) -> list[int]:
        probe.endpoint._tokens._stopping.set()  # memory still knows what the database has forgotten
        await aside(GsiToken.objects.filter(pk=mate_token_id).delete)
        posts = [encoded(a_post(), secret), encoded(a_post(MATE), mate_secret)] * 5
        return [answer.status for answer in await asyncio.gather(*map(probe.post, posts))]

    assert ask(scenario) == [200, 401] * 5
    assert [news.steam_id for news in observers_after(0)] == [OWN]


def test_a_crowd_is_stored_in_each_clients_order() -> None:
    _, _, secret = make_owner(OWN)
    _, _, mate_secret = make_owner(MATE, "mate")

    async def client(probe: Probe, steam_id: int, own_secret: str) -> None:
        for number in range(100):
            body = {**a_post(steam_id), "number": number}
            assert (await probe.post(encoded(body, own_secret))).status == 200

    async def scenario(probe: Probe) -> str:
        await asyncio.gather(client(probe, OWN, secret), client(probe, MATE, mate_secret))
        return (await probe.get("/metrics")).body.decode()

    metrics = ask(scenario)
    for steam_id in (OWN, MATE):
        posts = read_after(steam_id, 0, 1000)
        assert [json.loads(post.body)["number"] for post in posts] == list(range(100))
        assert [post.received_ns for post in posts] == sorted(post.received_ns for post in posts)
    assert read_after(OWN, 0, 3) == read_after(OWN, 0, 1000)[:3]
    assert 'posts_accepted_total{process="' in metrics
    assert "} 200.0\n" in metrics
    assert {news.steam_id: news.newest_id for news in observers_after(0)} == {
        steam_id: read_after(steam_id, 0, 1000)[-1].id for steam_id in (OWN, MATE)
    }
    assert observers_after(newest_id()) == []


def test_stopping_stores_what_waits_and_refuses_what_comes() -> None:
    _, _, secret = make_owner(OWN)
    raw = encoded(a_post(), secret)

    async def scenario(probe: Probe) -> Any:
        waiting = [asyncio.create_task(probe.post(raw)) for _ in range(40)]
        while probe.endpoint._committer.depth < len(waiting):  # noqa: ASYNC110 -- a turn of the loop, not a poll
            await asyncio.sleep(0)
        stopping = asyncio.create_task(probe.endpoint._committer.stop())
        await asyncio.sleep(0)
        late = await probe.post(raw)
        statuses = {(await task).status for task in waiting}
        await stopping
        return statuses, late

    statuses, late = ask(scenario)
    assert statuses == {200}
    assert (late.status, late.cause) == (503, "stopping")
    assert GsiJournal.objects.count() == 40


def test_health_says_when_the_tokens_cannot_be_read() -> None:
    _, _, secret = make_owner(OWN)

    async def scenario(probe: Probe) -> Any:
        well = await probe.get("/gsi/health")
        tokens = probe.endpoint._tokens
        tokens._stopping.set()
        await asyncio.to_thread(tokens._thread.join)
        tokens._looked_s = float("-inf")
        return well, await probe.get("/gsi/health"), await probe.post(encoded(a_post(), secret))

    well, ill, answer = ask(scenario)
    assert (well.status, ill.status) == (200, 503)
    assert (answer.status, answer.cause) == (503, "tokens_stale")
