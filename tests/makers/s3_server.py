"""A real S3-compatible server for tests: Debian's OpenStack Swift with its S3 interface, on loopback."""

import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import obstore
from obstore.store import S3Store

from offangle.storage.objects import S3Settings

DEBIAN_PYTHON: Final = Path("/usr/bin/python3")  # the interpreter that python3-swift is installed for
PACKAGES: Final = "swift-proxy swift-account swift-container swift-object"
LAUNCHER: Final = Path(__file__).with_name("swift_launcher.py")
ACCESS_KEY: Final = "test:tester"
SECRET_KEY: Final = "testing-secret"
REGION: Final = "us-east-1"
START_TIMEOUT_S: Final = 30.0


class S3ServerUnavailableError(Exception):
    """No S3 server can be started here; the message says why and what to install."""


@contextmanager
def running_s3_server(work: Path) -> Iterator[str]:
    """An S3 server's endpoint, `http://127.0.0.1:port`; all it writes lies in `work`, an empty folder."""
    _require_swift()
    arguments = [str(work), ACCESS_KEY, SECRET_KEY, REGION]
    with (work / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [DEBIAN_PYTHON, LAUNCHER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    try:
        yield f"http://127.0.0.1:{_port(process, work / 'server.log')}"
    finally:
        process.terminate()
        process.communicate(timeout=START_TIMEOUT_S)


def make_bucket(endpoint: str, bucket: str) -> S3Settings:
    """Create `bucket` and return the settings that reach it."""
    settings = S3Settings(bucket, ACCESS_KEY, SECRET_KEY, endpoint=endpoint, region=REGION)
    store = S3Store(
        bucket,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        endpoint=endpoint,
        region=REGION,
        client_options={"allow_http": True},
    )
    url = obstore.sign(store, "PUT", "", timedelta(minutes=1))
    httpx.put(url).raise_for_status()
    return settings


def _require_swift() -> None:
    """Whether the packages are there, without starting anything."""
    if not DEBIAN_PYTHON.exists():
        raise S3ServerUnavailableError("OpenStack Swift is started with Debian's Python, which is not here")
    imports = "import eventlet, swift.account.server, swift.container.server, swift.obj.server, swift.proxy.server"
    found = subprocess.run([DEBIAN_PYTHON, "-c", imports], capture_output=True, check=False)
    if found.returncode:
        raise S3ServerUnavailableError(f"OpenStack Swift is not installed; as root: apt-get install {PACKAGES}")


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
    line = process.stdout.readline() if ready else b""
    if not line.strip().isdigit():
        process.kill()
        raise S3ServerUnavailableError(f"OpenStack Swift did not start: {log.read_text()[-2000:]}")
    return int(line)
