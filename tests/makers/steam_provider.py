"""A local stand-in for Steam's sign-in: a real HTTP server that signs statements and says whether it made them."""

import base64
import hashlib
import hmac
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

NAMESPACE = "http://specs.openid.net/auth/2.0"
SIGNED = "signed,op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"
STEAM_ID = 76561198000000001


@dataclass
class SteamProvider:
    """What the server knows, and how it behaves.

    Attributes:
        steam_id: Who sits in front of the browser.
        mood: "well", "cancels", "denies", "breaks", "floods", "drips", "moves" or "lies".
        asked: How often it was asked whether it made a statement.
    """

    origin: str
    steam_id: int = STEAM_ID
    mood: str = "well"
    asked: int = 0
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    used: set[str] = field(default_factory=set)
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return f"{self.origin}/openid/login"

    def statement(self, return_to: str, *, age: timedelta = timedelta(0), **changes: str) -> dict[str, str]:
        """The parameters a browser comes back with; `changes` are made before it is signed."""
        made = datetime.now(UTC) - age
        fields = {
            "ns": NAMESPACE,
            "mode": "id_res",
            "op_endpoint": self.endpoint,
            "claimed_id": f"{self.origin}/openid/id/{self.steam_id}",
            "identity": f"{self.origin}/openid/id/{self.steam_id}",
            "return_to": return_to,
            "response_nonce": f"{made:%Y-%m-%dT%H:%M:%SZ}{secrets.token_hex(8)}",
            "assoc_handle": "1234567890",
            "signed": SIGNED,
            **changes,
        }
        return {f"openid.{name}": value for name, value in (fields | {"sig": self.signature(fields)}).items()}

    def way_back(self, url: str) -> str:
        """Where the person who opened `url` is sent: back with a statement, or without."""
        asked = dict(parse_qsl(urlsplit(url).query))
        return_to = asked["openid.return_to"]
        assert return_to.startswith(asked["openid.realm"])
        assert asked["openid.claimed_id"] == asked["openid.identity"] == f"{NAMESPACE}/identifier_select"
        if self.mood == "cancels":
            return f"{return_to}&{urlencode({'openid.ns': NAMESPACE, 'openid.mode': 'cancel'})}"
        return f"{return_to}&{urlencode(self.statement(return_to))}"

    def signature(self, fields: dict[str, str]) -> str:
        names = fields.get("signed", "").split(",")
        text = "".join(f"{name}:{fields.get(name, '')}\n" for name in names)
        return base64.b64encode(hmac.digest(self.key, text.encode(), hashlib.sha1)).decode()

    def confirms(self, form: dict[str, str]) -> bool:
        """Whether it made this statement, and was not asked about it before."""
        self.asked += 1
        fields = {name.removeprefix("openid."): value for name, value in form.items()}
        nonce = fields.get("response_nonce", "")
        good = hmac.compare_digest(self.signature(fields), fields.get("sig", "")) and nonce not in self.used
        self.used.add(nonce)
        return fields.get("mode") == "check_authentication" and good and self.mood != "denies"


@contextmanager
def steam_provider() -> Iterator[SteamProvider]:
    """A provider on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """The page on which a person agrees: this one always does, unless it cancels."""
            self.send_response(302)
            self.send_header("Location", provider.way_back(self.path))
            self.end_headers()

        def do_POST(self) -> None:
            form = dict(
                parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
            )
            good = provider.confirms(form)
            if provider.mood in ("breaks", "moves"):
                self.send_response(500 if provider.mood == "breaks" else 302)
                self.send_header("Location", f"{provider.origin}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"ns:{NAMESPACE}\nis_valid:{'true' if good else 'false'}\n".encode())
            if provider.mood == "floods":
                self.wfile.write(b"x" * 10_000_000)
            if provider.mood == "lies":
                self.wfile.write(b"is_valid:true\n")
            while provider.mood == "drips" and not provider.ending.wait(0.02):
                self.wfile.write(b"x")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, BrokenPipeError):
                return  # the client has heard enough

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = SteamProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        provider.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/openid/login"
