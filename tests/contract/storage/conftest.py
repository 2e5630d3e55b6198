"""The stores that must all behave alike: a local folder, and a bucket of a real S3-compatible server."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from makers.s3_server import S3ServerUnavailableError, make_bucket, running_s3_server
from offangle.storage.links import LinkSigner
from offangle.storage.objects import ObjectStore, local_store, s3_store
from offangle.storage.work import WorkArea


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with running_s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
            yield endpoint
    except S3ServerUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> str:
    """A bucket name of this test's own."""
    return "t-" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]


@pytest.fixture(
    params=["local", pytest.param("s3", marks=pytest.mark.s3), pytest.param("s3-prefix", marks=pytest.mark.s3)]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "local":
        return local_store(tmp_path / "objects", LinkSigner(b"a signing key of tests", "http://here"))
    settings = make_bucket(request.getfixturevalue("s3_endpoint"), request.getfixturevalue("bucket"))
    return s3_store(settings if request.param == "s3" else replace(settings, prefix="shared/offangle"))


@pytest.fixture
def work(tmp_path: Path) -> WorkArea:
    return WorkArea(tmp_path / "work")
