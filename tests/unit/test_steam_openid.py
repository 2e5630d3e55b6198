"""The statement that a browser brings back from Steam: what counts and what does not."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makers.steam_provider import SIGNED, STEAM_ID, SteamProvider, silent_server, steam_provider
from offangle.core.errors import TransientError
from offangle.flows.people.form_post import post_form
from offangle.flows.people.steam_openid import NAMESPACE, Refused, Verified, request_url, verify

RETURN_TO = "http://offangle.test/steam/return/?state=abc"
STEAM = "https://steamcommunity.com/openid/login"
NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
OTHER_ID = "76561198000000002"
YES = f"ns:{NAMESPACE}\nis_valid:true\n".encode()

Pairs = list[tuple[str, str]]


@pytest.fixture
def provider() -> Iterator[SteamProvider]:
    with steam_provider() as running:
        yield running


def believes(_url: str, _body: bytes) -> bytes:
    return YES


def must_not_ask(_url: str, _body: bytes) -> bytes:
    raise AssertionError("a statement that cannot count is not worth a question")


def statement(**changes: str) -> dict[str, str]:
    fields = {
        "ns": NAMESPACE,
        "mode": "id_res",
        "op_endpoint": STEAM,
        "claimed_id": f"https://steamcommunity.com/openid/id/{STEAM_ID}",
        "identity": f"https://steamcommunity.com/openid/id/{STEAM_ID}",
        "return_to": RETURN_TO,
        "response_nonce": "2026-05-17T12:00:00Zabc",
        "assoc_handle": "1",
        "signed": SIGNED,
        "sig": "c2ln",
    }
    return {f"openid.{name}": value for name, value in (fields | changes).items()}


def check(pairs: dict[str, str] | Pairs, fetch: Callable[[str, bytes], bytes] = must_not_ask) -> Verified | Refused:
    listed = list(pairs.items()) if isinstance(pairs, dict) else pairs
    return verify(listed, endpoint=STEAM, return_to=RETURN_TO, now=NOW, fetch=fetch)


def ask(provider: SteamProvider, fields: dict[str, str], *, timeout_s: float = 5.0) -> Verified | Refused:
    return verify(
        fields.items(),
        endpoint=provider.endpoint,
        return_to=RETURN_TO,
        now=datetime.now(UTC),
        fetch=lambda url, body: post_form(url, body, timeout_s=timeout_s),
    )


def cause(result: Verified | Refused) -> str:
    assert isinstance(result, Refused), result
    return result.cause


def test_the_question_to_steam_names_the_way_back_and_our_origin() -> None:
    url = request_url(STEAM, RETURN_TO)
    assert url.startswith(f"{STEAM}?")
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["openid.return_to"] == RETURN_TO
    assert asked["openid.realm"] == "http://offangle.test/"
    assert asked["openid.mode"] == "checkid_setup"


def test_a_true_statement_counts() -> None:
    assert check(statement(), believes) == Verified(STEAM_ID, "2026-05-17T12:00:00Zabc")
    assert isinstance(
        check(statement(claimed_id=(i := f"http://steamcommunity.com/openid/id/{STEAM_ID}"), identity=i), believes),
        Verified,
    )


def test_the_provider_is_asked_word_for_word_at_its_own_address() -> None:
    asked: list[tuple[str, bytes]] = []

    def fetch(url: str, body: bytes) -> bytes:
        asked.append((url, body))
        return YES

    fields = statement(extra="ä&=%")
    check({**fields, "state": "abc"}, fetch)
    ((url, body),) = asked
    assert url == STEAM
    assert dict(parse_qsl(body.decode())) == {**fields, "openid.mode": "check_authentication"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mode": "cancel"}, "cancelled"),
        ({"mode": "setup_needed"}, "cancelled"),
        ({"mode": "checkid_setup"}, "malformed"),
        ({"mode": "error"}, "malformed"),
        ({"mode": ""}, "malformed"),
        ({"ns": "http://openid.net/signon/1.1"}, "malformed"),
        ({"sig": ""}, "malformed"),
        ({"signed": ""}, "malformed"),
        ({"response_nonce": ""}, "malformed"),
        ({"response_nonce": "yesterday"}, "malformed"),
        ({"response_nonce": "2026-13-45T99:99:99Z"}, "malformed"),
        ({"response_nonce": "2026-05-17T12:00:00+00:00"}, "malformed"),
        ({"response_nonce": "٢٠٢٦-05-17T12:00:00Z"}, "malformed"),
        ({"response_nonce": "2026-05-17T11:54:59Z"}, "stale"),
        ({"response_nonce": "2026-05-17T12:05:01Z"}, "stale"),
        ({"op_endpoint": "https://steamcommunity.example/openid/login"}, "other_provider"),
        ({"op_endpoint": STEAM + "/"}, "other_provider"),
        ({"op_endpoint": "http://steamcommunity.com/openid/login"}, "other_provider"),
        ({"return_to": "http://offangle.test/steam/return/?state=xyz"}, "other_address"),
        ({"return_to": "http://elsewhere.test/steam/return/?state=abc"}, "other_address"),
        ({"return_to": RETURN_TO + "&more=1"}, "other_address"),
        ({"claimed_id": f"https://steamcommunity.com/openid/id/{OTHER_ID}"}, "other_identity"),
        ({"identity": f"https://steamcommunity.com/openid/id/{OTHER_ID}"}, "other_identity"),
    ],
)
def test_what_does_not_fit_is_refused_without_asking(changes: dict[str, str], expected: str) -> None:
    assert cause(check(statement(**changes))) == expected


@pytest.mark.parametrize(
    "identity",
    [
        f"https://evil.example/openid/id/{STEAM_ID}",
        f"https://steamcommunity.com.evil.example/openid/id/{STEAM_ID}",
        f"https://evil.example/?https://steamcommunity.com/openid/id/{STEAM_ID}",
        f"https://steamcommunityXcom/openid/id/{STEAM_ID}",
        f"https://user@steamcommunity.com/openid/id/{STEAM_ID}",
        f"ftp://steamcommunity.com/openid/id/{STEAM_ID}",
        f"https://steamcommunity.com/openid/id/{STEAM_ID}\n",
        f"https://steamcommunity.com/openid/id/{STEAM_ID}/",
        f"https://steamcommunity.com/openid/id/{STEAM_ID}0",
        "https://steamcommunity.com/openid/id/7656119800000000",
        "https://steamcommunity.com/openid/id/٧٦٥٦١١٩٨٠٠٠٠٠٠٠٠١",
        f"https://steamcommunity.com/id/{STEAM_ID}",
    ],
)
def test_only_identities_of_this_provider_name_a_steam_account(identity: str) -> None:
    assert cause(check(statement(claimed_id=identity, identity=identity))) == "other_identity"


@pytest.mark.parametrize("name", sorted(set(SIGNED.split(",")) - {"signed"}))
def test_each_field_must_be_there_and_signed(name: str) -> None:
    fields = statement()
    del fields[f"openid.{name}"]
    assert cause(check(fields)) == "malformed"
    signed = ",".join(each for each in SIGNED.split(",") if each != name)
    assert cause(check(statement(signed=signed))) == "unsigned"


def test_a_repeated_field_is_refused() -> None:
    pairs = [*statement().items(), ("openid.claimed_id", f"https://steamcommunity.com/openid/id/{OTHER_ID}")]
    assert cause(check(pairs)) == "malformed"
    assert cause(check(pairs[::-1])) == "malformed"


def test_floods_of_fields_and_endless_values_are_refused() -> None:
    assert cause(check({**statement(), **{f"openid.x{n}": "1" for n in range(100)}})) == "malformed"
    assert cause(check(statement(extra="x" * 10_000))) == "malformed"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"is_valid:true\n",
        YES.replace(b"true", b"false"),
        YES.replace(b"true", b"true "),
        YES.replace(b"is_valid", b"not_is_valid"),
        YES + b"is_valid:false\n",
        YES + b"is_valid:true\n",
        b'{"is_valid": true}',
        b"<html>is_valid:true</html>",
        b"\xff\xfe",
    ],
)
def test_anything_but_a_plain_yes_is_a_no(answer: bytes) -> None:
    assert cause(check(statement(), lambda _url, _body: answer)) == "denied"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_fresh(seconds: int) -> None:
    stamp = f"{NOW + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
    assert isinstance(check(statement(response_nonce=stamp), believes), Verified)


@given(st.lists(st.tuples(st.sampled_from([*statement(), "openid.", "state"]), st.text(max_size=60)), max_size=20))
def test_nothing_made_up_counts_or_crashes(pairs: Pairs) -> None:
    assert isinstance(check(pairs, lambda _url, _body: b""), Refused)


def test_a_real_provider_confirms_its_statement_once(provider: SteamProvider) -> None:
    fields = provider.statement(RETURN_TO)
    result = ask(provider, fields)
    assert isinstance(result, Verified)
    assert result.steam_id == STEAM_ID
    assert cause(ask(provider, fields)) == "denied"


def test_a_changed_identity_is_no_longer_signed(provider: SteamProvider) -> None:
    fields = provider.statement(RETURN_TO)
    other = f"{provider.origin}/openid/id/{OTHER_ID}"
    assert cause(ask(provider, {**fields, "openid.claimed_id": other, "openid.identity": other})) == "denied"
    assert provider.asked == 1


def test_a_statement_of_another_provider_is_not_even_asked_about(provider: SteamProvider) -> None:
    with steam_provider() as other:
        assert cause(ask(provider, other.statement(RETURN_TO))) == "other_provider"
        forged = other.statement(
            RETURN_TO,
            op_endpoint=provider.endpoint,
            claimed_id=f"{provider.origin}/openid/id/{STEAM_ID}",
            identity=f"{provider.origin}/openid/id/{STEAM_ID}",
        )
        assert cause(ask(provider, forged)) == "denied"
        assert other.asked == 0


@pytest.mark.parametrize("mood", ["breaks", "floods", "moves"])
def test_a_provider_that_does_not_answer_properly_may_be_asked_again(provider: SteamProvider, mood: str) -> None:
    provider.mood = mood
    with pytest.raises(TransientError, match="could not be asked"):
        ask(provider, provider.statement(RETURN_TO))


def test_a_provider_that_says_yes_and_no_says_no(provider: SteamProvider) -> None:
    provider.mood = "lies"
    assert cause(ask(provider, provider.statement(RETURN_TO))) == "denied"


def test_a_provider_that_sends_a_byte_at_a_time_is_given_up(provider: SteamProvider) -> None:
    provider.mood = "drips"
    began_s = time.monotonic()
    with pytest.raises(TransientError, match="took too long"):
        ask(provider, provider.statement(RETURN_TO), timeout_s=0.3)
    assert time.monotonic() - began_s < 3


def test_a_silent_or_absent_provider_is_given_up() -> None:
    with silent_server() as url, pytest.raises(TransientError, match="timed out"):
        post_form(url, b"", timeout_s=0.2)
    with pytest.raises(TransientError, match="refused"):
        post_form(url, b"", timeout_s=2.0)
