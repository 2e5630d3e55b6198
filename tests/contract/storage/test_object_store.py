from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest

from makers.s3_server import make_bucket
from offangle.core.errors import BadInputError, NotFoundError, SettingsError, TransientError
from offangle.storage import objects
from offangle.storage.links import FILES_PATH, LinkSigner
from offangle.storage.objects import (
    READ_CHUNK_BYTES,
    UPLOAD_PART_BYTES,
    ObjectStore,
    S3Settings,
    local_store,
    s3_store,
)

BAD_KEYS = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "a/./b",
    ".",
    "..",
    "a/.hidden",
    "a b",
    "a\\b",
    "a\nb",
    "é",
    "x" * 600,
]
LARGE = UPLOAD_PART_BYTES * 2 + 12_345


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key for info in store.list(prefix)]


def large_file(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * (LARGE // 256) + b"x" * (LARGE % 256))
    return path


def test_bytes_come_back(store: ObjectStore) -> None:
    store.put_bytes("a/b=c/d.bin", b"\0\1\2")
    assert store.get_bytes("a/b=c/d.bin") == b"\0\1\2"
    assert store.size("a/b=c/d.bin") == 3
    assert store.exists("a/b=c/d.bin")
    assert not store.exists("a/b=c")


def test_an_empty_object_is_an_object(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "nothing").touch()
    store.put_bytes("empty", b"")
    store.put_file("also/empty", tmp_path / "nothing")
    assert store.get_bytes("empty") == b""
    assert list(store.read_stream("also/empty")) in ([], [b""])
    assert store.size("also/empty") == 0


def test_writing_again_replaces(store: ObjectStore) -> None:
    store.put_bytes("key", b"a longer text")
    store.put_bytes("key", b"short")
    assert store.get_bytes("key") == b"short"
    assert keys(store) == ["key"]


def test_a_file_of_several_parts_comes_back_in_pieces(store: ObjectStore, tmp_path: Path) -> None:
    path = large_file(tmp_path)
    store.put_file("demos/large", path)
    pieces = list(store.read_stream("demos/large"))
    assert b"".join(pieces) == path.read_bytes()
    assert max(map(len, pieces)) <= 2 * READ_CHUNK_BYTES
    store.download("demos/large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == path.read_bytes()
    assert sorted(path.name for path in tmp_path.glob("*back*")) == ["back"]


def test_a_download_that_fails_leaves_the_old_file(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(NotFoundError):
        store.download("missing", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "old"
    assert not list(tmp_path.glob("*.part"))


def test_a_missing_local_file_is_not_a_missing_object(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put_file("key", tmp_path / "missing")


def test_missing_objects_are_named(store: ObjectStore) -> None:
    for read in (store.get_bytes, store.size, store.read_stream):
        with pytest.raises(NotFoundError, match="gone/key"):
            read("gone/key")
    assert not store.exists("gone/key")


def test_deleting_is_idempotent(store: ObjectStore) -> None:
    store.put_bytes("key", b"1")
    store.delete("key")
    store.delete("key")
    assert not store.exists("key")


def test_listing_is_sorted_and_by_whole_segments(store: ObjectStore) -> None:
    for key in ("b/2", "a/2", "a/1", "ab/1", "a/deep/3"):
        store.put_bytes(key, key.encode())
    assert keys(store) == ["a/1", "a/2", "a/deep/3", "ab/1", "b/2"]
    assert keys(store, "a") == keys(store, "a/") == ["a/1", "a/2", "a/deep/3"]
    assert keys(store, "a/1") == []
    assert keys(store, "none") == []
    info = store.list("b")[0]
    assert info.size_bytes == 3
    assert abs(info.modified_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_deleting_a_prefix_leaves_its_neighbours(store: ObjectStore) -> None:
    for key in ("a/1", "a/x/2", "ab/1"):
        store.put_bytes(key, b"")
    assert store.delete_prefix("a") == 2
    assert store.delete_prefix("a") == 0
    assert keys(store) == ["ab/1"]


def test_many_objects_are_deleted_in_batches(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "DELETE_BATCH", 3)
    for number in range(7):
        store.put_bytes(f"a/{number}", b"")
    assert store.delete_prefix("a") == 7
    assert keys(store) == []


def test_the_whole_store_is_not_deleted_by_an_empty_prefix(store: ObjectStore) -> None:
    store.put_bytes("key", b"")
    with pytest.raises(BadInputError, match="whole store"):
        store.delete_prefix("/")
    assert keys(store) == ["key"]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_keys_are_refused(store: ObjectStore, key: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    calls = (store.get_bytes, store.size, store.exists, store.delete, store.read_stream)
    for call in calls:
        with pytest.raises(BadInputError, match="Not a storage key"):
            call(key)
    with pytest.raises(BadInputError):
        store.put_bytes(key, b"")
    with pytest.raises(BadInputError):
        store.put_file(key, tmp_path / "file")
    with pytest.raises(BadInputError):
        store.link(key, expires_s=60)


def test_readers_see_one_whole_object_while_writers_race(store: ObjectStore) -> None:
    sizes = (10_000, 20_000, 30_000)
    store.put_bytes("key", b"a" * sizes[0])
    writers = [Thread(target=_write_often, args=(store, bytes([97 + i]) * size)) for i, size in enumerate(sizes)]
    for writer in writers:
        writer.start()
    seen = [store.get_bytes("key") for _ in range(20)]
    for writer in writers:
        writer.join()
    assert all(len(set(data)) == 1 and len(data) in sizes for data in seen)


def _write_often(store: ObjectStore, data: bytes) -> None:
    for _ in range(10):
        store.put_bytes("key", data)


def test_a_healthy_store_says_so_and_keeps_nothing(store: ObjectStore) -> None:
    store.healthcheck()
    assert keys(store) == []


@pytest.mark.parametrize("expires_s", [0, -1, 7 * 24 * 3600 + 1])
def test_links_live_a_second_to_a_week(store: ObjectStore, expires_s: int) -> None:
    with pytest.raises(BadInputError, match="seconds"):
        store.link("key", expires_s=expires_s)


def test_local_links_are_checked_by_the_signer(tmp_path: Path) -> None:
    signer = LinkSigner(b"a signing key of tests", "http://here")
    link = urlsplit(local_store(tmp_path, signer).link("a/b=c.zst", expires_s=60))
    assert link.netloc == "here"
    verified = signer.verify(unquote(link.path.removeprefix(FILES_PATH)), dict(parse_qsl(link.query)))
    assert (verified.key, verified.filename) == ("a/b=c.zst", "b=c.zst")


def test_a_local_store_refuses_a_root_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be used"):
        local_store(tmp_path / "file", LinkSigner(b"a signing key of tests"))


def test_symlinks_and_strangers_in_the_local_root_do_not_break_a_listing(tmp_path: Path) -> None:
    store = local_store(tmp_path, LinkSigner(b"a signing key of tests"))
    store.put_bytes("a/1", b"")
    (tmp_path / "a" / "dangling").symlink_to(tmp_path / "nowhere")
    assert keys(store) == ["a/1"]


@pytest.mark.s3
def test_presigned_links_open_for_anybody_until_altered(s3_endpoint: str, bucket: str) -> None:
    store = s3_store(replace(make_bucket(s3_endpoint, bucket), prefix="part"))
    store.put_bytes("a/b=c.zst", b"content")
    link = store.link("a/b=c.zst", expires_s=60)
    assert httpx.get(link).content == b"content"
    for altered in (link.replace("b%3Dc", "other"), link.replace("Expires=60", "Expires=6000")):
        assert httpx.get(altered).status_code == httpx.codes.FORBIDDEN


@pytest.mark.s3
def test_an_object_knows_the_name_that_a_browser_saves_it_under(s3_endpoint: str, bucket: str, tmp_path: Path) -> None:
    store = s3_store(make_bucket(s3_endpoint, bucket))
    (tmp_path / "large").write_bytes(b"x" * (UPLOAD_PART_BYTES + 1))  # sent in parts, which goes another way
    for key in ("frames/kills/map=de_mirage/0af3c2d4-1.parquet", "frames/ticks/map=de_mirage/0af3c2d4-1.parquet"):
        store.put_file(key, tmp_path / "large")
        store.put_bytes(f"{key}.small", b"")
    for table in ("kills", "ticks"):
        for ending in ("parquet", "parquet.small"):
            link = store.link(f"frames/{table}/map=de_mirage/0af3c2d4-1.{ending}", expires_s=60)
            named = httpx.get(link).headers["Content-Disposition"]
            assert f'filename="de_mirage-0af3c2d4-{table}.{ending}"' in named


@pytest.mark.s3
def test_a_link_names_the_server_as_browsers_know_it(s3_endpoint: str, bucket: str) -> None:
    settings = make_bucket(s3_endpoint, bucket)
    public = s3_endpoint.replace("127.0.0.1", "localhost")
    store = s3_store(replace(settings, public_endpoint=public))
    store.put_bytes("key", b"content")
    link = store.link("key", expires_s=60)
    assert link.startswith(f"{public}/")
    assert httpx.get(link).content == b"content"


@pytest.mark.s3
def test_wrong_credentials_are_a_setting_to_correct(s3_endpoint: str, bucket: str) -> None:
    settings = make_bucket(s3_endpoint, bucket)
    with pytest.raises(SettingsError, match="refuses access"):
        s3_store(replace(settings, secret_key="wrong")).healthcheck()


@pytest.mark.s3
def test_a_bucket_that_does_not_exist_is_a_setting_to_correct(s3_endpoint: str, bucket: str) -> None:
    settings = replace(make_bucket(s3_endpoint, bucket), bucket="another-bucket")
    with pytest.raises(SettingsError, match="another-bucket does not exist"):
        s3_store(settings).healthcheck()


@pytest.mark.s3
def test_a_prefix_keeps_to_itself(s3_endpoint: str, bucket: str) -> None:
    settings = make_bucket(s3_endpoint, bucket)
    whole, part = s3_store(settings), s3_store(replace(settings, prefix="part"))
    whole.put_bytes("other", b"")
    part.put_bytes("key", b"1")
    assert keys(part) == ["key"]
    assert keys(whole) == ["other", "part/key"]


def test_an_unreachable_server_is_a_transient_error() -> None:
    settings = S3Settings("bucket", "key", "secret", endpoint="http://127.0.0.1:1")
    with pytest.raises(TransientError, match=r"127\.0\.0\.1:1") as raised:
        s3_store(settings).get_bytes("key")
    assert not raised.value.permanent


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://host", "http://", "https://host/bucket"])
def test_an_endpoint_that_is_no_server_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match=r"https://host"):
        s3_store(S3Settings("bucket", "key", "secret", endpoint=endpoint))


def test_secrets_do_not_show() -> None:
    assert "hidden" not in repr(S3Settings("bucket", "key", "hidden"))
