from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offangle.core.errors import BadInputError, NotFoundError
from offangle.storage.keys import saved_name
from offangle.storage.links import FILES_PATH, LinkRefusedError, LinkSigner, content_disposition

KEY = b"0123456789abcdef"
NOW = 1_800_000_000.0

segments = st.text(st.sampled_from("abcXYZ019_=-"), min_size=1, max_size=12)
object_keys = st.lists(segments, min_size=1, max_size=4).map("/".join)
filenames = st.none() | st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="/\\"), min_size=1, max_size=40
)


def signer(*, key: bytes = KEY, now: float = NOW) -> LinkSigner:
    return LinkSigner(key, now=lambda: now)


def opened(link: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(link)
    return unquote(parts.path.removeprefix(FILES_PATH)), dict(parse_qsl(parts.query, keep_blank_values=True))


@given(object_keys, filenames, st.integers(1, 604_800))
def test_a_link_opens_what_it_was_made_for(key: str, filename: str | None, expires_s: int) -> None:
    verified = signer().verify(*opened(signer().link(key, expires_s=expires_s, filename=filename)))
    assert (verified.key, verified.filename) == (key, filename)
    assert verified.expires_at == datetime.fromtimestamp(NOW + expires_s, UTC)


@given(object_keys, object_keys, filenames, filenames)
def test_the_signature_of_one_link_opens_no_other(
    key: str, other_key: str, filename: str | None, other_filename: str | None
) -> None:
    _, query = opened(signer().link(key, expires_s=60, filename=filename))
    changed = {name: value for name, value in query.items() if name != "filename"}
    changed |= {} if other_filename is None else {"filename": other_filename}
    if (key, filename) == (other_key, other_filename):
        assert signer().verify(other_key, changed).key == key
    else:
        with pytest.raises(LinkRefusedError, match="not valid"):
            signer().verify(other_key, changed)


@pytest.mark.parametrize(("later_s", "opens"), [(0, True), (60, True), (60.5, False), (61, False), (1e6, False)])
def test_a_link_ends_with_its_last_second(later_s: float, opens: bool) -> None:  # noqa: FBT001 - a table's column
    key, query = opened(signer().link("a/b", expires_s=60))
    late = signer(now=NOW + later_s)
    if opens:
        assert late.verify(key, query).key == "a/b"
    else:
        with pytest.raises(LinkRefusedError, match="expired"):
            late.verify(key, query)


def test_an_expired_link_with_a_forged_end_is_not_valid() -> None:
    key, query = opened(signer().link("a/b", expires_s=60))
    with pytest.raises(LinkRefusedError, match="not valid"):
        signer(now=NOW + 100).verify(key, query | {"expires": str(int(NOW) + 1000)})


@pytest.mark.parametrize(
    "change", [{"signature": ""}, {"signature": "é"}, {"signature": "0" * 64}, {"expires": ""}, {"expires": "soon"}]
)
def test_altered_links_are_refused(change: dict[str, str]) -> None:
    key, query = opened(signer().link("a/b", expires_s=60))
    with pytest.raises(LinkRefusedError, match="not valid"):
        signer().verify(key, query | change)


def test_a_link_without_parameters_is_refused() -> None:
    with pytest.raises(LinkRefusedError):
        signer().verify("a/b", {})


def test_another_signing_key_ends_all_links() -> None:
    key, query = opened(signer().link("a/b", expires_s=60))
    with pytest.raises(LinkRefusedError, match="not valid"):
        signer(key=b"another key of tests").verify(key, query)


def test_a_refused_link_tells_no_more_than_a_missing_object() -> None:
    assert issubclass(LinkRefusedError, NotFoundError)


def test_a_short_signing_key_is_refused() -> None:
    with pytest.raises(BadInputError, match="16 bytes"):
        LinkSigner(b"short")


@pytest.mark.parametrize(("base", "start"), [("", "/files/a"), ("https://h.example/", "https://h.example/files/a")])
def test_links_start_with_the_site(base: str, start: str) -> None:
    assert LinkSigner(KEY, base).link("a", expires_s=1).startswith(start + "?expires=")


def test_file_names_of_any_alphabet_become_one_header() -> None:
    header = content_disposition('Д "x"; y.dem')
    assert header == "attachment; filename=\"_ _x__ y.dem\"; filename*=UTF-8''%D0%94%20%22x%22%3B%20y.dem"
    assert header.isascii()


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("frames/kills/map=de_mirage/0af3c2d4-5e6f-7a8b.parquet", "de_mirage-0af3c2d4-kills.parquet"),
        ("demos/0af3c2d4.dem.zst", "0af3c2d4.dem.zst"),
        ("plain", "plain"),
        ("a/b/c/d", "d"),
    ],
)
def test_a_saved_file_is_named_for_what_it_is(key: str, name: str) -> None:
    assert saved_name(key) == name
