"""Runs OpenStack Swift with its S3 interface, all four servers in one process, on loopback.

Started by `s3_server` with the interpreter that Debian's swift packages belong to, never imported by a test. Arguments:
the work folder, the access key, the secret key, the region. Prints the S3 port once everything answers; ends when
standard input closes, so that it cannot outlive the test run.
"""

import sys
from array import array
from pathlib import Path
from typing import Any, Final

# These belong to Debian's interpreter; the type checker's has none of them.
import eventlet  # type: ignore[import-not-found]
import eventlet.tpool  # type: ignore[import-not-found]
import eventlet.wsgi  # type: ignore[import-not-found]
from swift.account.server import AccountController  # type: ignore[import-not-found]
from swift.common import utils, wsgi  # type: ignore[import-not-found]
from swift.common.ring import RingData  # type: ignore[import-not-found]
from swift.container.server import ContainerController  # type: ignore[import-not-found]
from swift.obj.server import ObjectController  # type: ignore[import-not-found]

WORK: Final = Path(sys.argv[1])
ACCESS_KEY, SECRET_KEY, REGION = sys.argv[2:5]
DEVICE: Final = "disk"
PART_SHIFT: Final = 31  # two partitions
REPLICAS: Final = 1
STORAGE_SERVERS: Final = {"account": AccountController, "container": ContainerController, "object": ObjectController}

SWIFT_CONF: Final = """
[swift-hash]
swift_hash_path_suffix = contract
swift_hash_path_prefix = tests

[storage-policy:0]
name = one
default = yes
"""

PROXY_CONF: Final = f"""
[DEFAULT]
swift_dir = {WORK}

[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats s3api tempauth bulk slo proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = 30

[filter:s3api]
use = egg:swift#s3api
location = {REGION}
s3_acl = no

[filter:tempauth]
use = egg:swift#tempauth
user_{ACCESS_KEY.replace(":", "_")} = {SECRET_KEY} .admin

[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
"""


def prepare_folder() -> None:
    (WORK / "swift.conf").write_text(SWIFT_CONF)
    (WORK / "proxy-server.conf").write_text(PROXY_CONF)
    (WORK / "devices" / DEVICE).mkdir(parents=True)
    utils.set_swift_dir(str(WORK))


def write_ring(name: str, port: int) -> None:
    place = {"ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port}
    device = {"id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": DEVICE, **place}
    RingData([array("H", [0, 0])] * REPLICAS, [device], PART_SHIFT).save(str(WORK / f"{name}.ring.gz"))


def start(app: Any) -> int:
    """Serve `app` on a free port; returns the port."""
    socket = eventlet.listen(("127.0.0.1", 0), backlog=128)
    options = {"protocol": wsgi.SwiftHttpProtocol, "capitalize_response_headers": False}
    eventlet.spawn(eventlet.wsgi.server, socket, app, utils.NullLogger(), **options)
    return int(socket.getsockname()[1])


class MemoryCache:
    """What swift's login and bucket look-ups ask of memcached, for one process that does not live long."""

    def __init__(self) -> None:
        self._items: dict[str, Any] = {}

    def set(self, key: str, value: Any, **_: Any) -> None:
        self._items[key] = value

    def get(self, key: str, default: Any = None, **_: Any) -> Any:
        return self._items.get(key, default)

    def delete(self, key: str, **_: Any) -> None:
        self._items.pop(key, None)

    def incr(self, key: str, delta: int = 1, **_: Any) -> int:
        self._items[key] = int(self._items.get(key, 0)) + delta
        return int(self._items[key])


def with_cache(app: Any) -> Any:
    cache = MemoryCache()

    def cached_app(environment: dict[str, Any], start_response: Any) -> Any:
        environment["swift.cache"] = cache
        return app(environment, start_response)

    return cached_app


def serve() -> None:
    utils.eventlet_monkey_patch()
    prepare_folder()
    conf = {"devices": str(WORK / "devices"), "swift_dir": str(WORK), "mount_check": "false", "fallocate_reserve": "0"}
    for name, controller in STORAGE_SERVERS.items():
        write_ring(name, start(controller(conf)))
    proxy = with_cache(wsgi.loadapp(str(WORK / "proxy-server.conf")))
    print(start(proxy), flush=True)  # noqa: T201 - how the test learns the port
    eventlet.tpool.execute(sys.stdin.read)


if __name__ == "__main__":
    serve()
