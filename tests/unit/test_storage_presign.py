from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest
from obstore.store import S3Store

from offangle.storage.presign import S3Address, presigned_get

ADDRESS = S3Address("https://s3.example.org:9000", "bucket-1", "eu-west-3", "AK:user", "secret/key+1")


@pytest.mark.parametrize("key", ["demos/a.dem.zst", "frames/kills/map=de_mirage/m-1.parquet", "plain"])
def test_the_signature_is_the_object_stores_own(key: str) -> None:
    store = S3Store(
        ADDRESS.bucket,
        endpoint=ADDRESS.endpoint,
        region=ADDRESS.region,
        access_key_id=ADDRESS.access_key,
        secret_access_key=ADDRESS.secret_key,
    )
    theirs = obstore.sign(store, "GET", key, timedelta(seconds=90))
    at = datetime.strptime(parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = presigned_get(ADDRESS, key, at=at, expires_s=90)
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)
    assert urlsplit(ours).netloc == urlsplit(theirs).netloc


def test_the_file_name_is_part_of_what_is_signed() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    plain = parse_qs(urlsplit(presigned_get(ADDRESS, "k", at=at, expires_s=90)).query)
    named = parse_qs(urlsplit(presigned_get(ADDRESS, "k", at=at, expires_s=90, disposition="attachment")).query)
    assert named["response-content-disposition"] == ["attachment"]
    assert named["X-Amz-Signature"] != plain["X-Amz-Signature"]
