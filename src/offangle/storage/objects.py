"""The object store: demos, tables and replay artifacts by key, in a local folder or on an S3-compatible server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, S3Store

from offangle.core.errors import BadInputError, NotFoundError, SettingsError, TransientError
from offangle.storage.keys import checked_key, checked_prefix, saved_name
from offangle.storage.links import LinkSigner, checked_link_life, content_disposition

if TYPE_CHECKING:
    from obstore import Attributes  # a name for type checkers only

READ_CHUNK_BYTES: Final = 1024 * 1024
"""How much a stream hands over at a time: enough to amortise a call, little enough to forget about memory."""
UPLOAD_PART_BYTES: Final = 8 * 1024 * 1024
"""One part of a large upload. S3 allows 10 000 parts of at least 5 MiB: objects to 78 GiB."""
UPLOAD_CONCURRENCY: Final = 2
"""Parts in flight; with the part size this bounds an upload's memory."""
DELETE_BATCH: Final = 1000
"""Keys per bulk deletion: S3's own limit."""

CONNECT_TIMEOUT: Final = timedelta(seconds=5)
READ_TIMEOUT: Final = timedelta(seconds=60)
REQUEST_TIMEOUT: Final = timedelta(minutes=30)
"""A whole answer, body included: a large demo over a slow line."""
MAX_RETRIES: Final = 3
"""Inside one call; a job that failed on an unreachable store is tried again by the job queue, with longer pauses."""
RETRY_TIMEOUT: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One stored object.

    Attributes:
        key: Its key.
        size_bytes: Its size.
        modified_at: When it was last written, UTC.
    """

    key: str
    size_bytes: int
    modified_at: datetime


# Inside the class `list` is a method, so its annotations need these names.
ObjectInfos: TypeAlias = list[ObjectInfo]


@dataclass(frozen=True, slots=True)
class ScanSource:
    """Objects as polars' scanners want them.

    Attributes:
        uris: File paths or `s3://` addresses, in the order of the keys asked for.
        storage_options: Credentials and endpoint for polars; empty for local files.
    """

    uris: list[str]
    storage_options: dict[str, str]


@dataclass(frozen=True, slots=True)
class S3Settings:
    """How to reach a bucket.

    Attributes:
        bucket: The bucket; it must exist.
        access_key: The public half of the credentials.
        secret_key: The secret half.
        endpoint: The server, `https://host[:port]`; empty means AWS in `region`.
        region: The region, as the server knows it.
        prefix: Put before every key, for a bucket shared with other things.
        public_endpoint: The same server as browsers reach it, for links; empty means `endpoint`.
    """

    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    endpoint: str = ""
    region: str = "us-east-1"
    prefix: str = ""
    public_endpoint: str = ""

    @property
    def server(self) -> str:
        """The endpoint, AWS's own where none is set; no closing slash."""
        return (self.endpoint or f"https://s3.{self.region}.amazonaws.com").rstrip("/")


class Backend(Protocol):
    """What differs between the stores."""

    @property
    def where(self) -> str:
        """The store's place, for messages."""

    @property
    def store(self) -> LocalStore | S3Store:
        """The store itself."""

    def attributes(self, key: str) -> "Attributes | None":
        """What is kept with the object of a checked key."""

    def link(self, key: str, *, expires_s: int) -> str:
        """A link for a checked key and life."""

    def scan_source(self, keys: Iterable[str]) -> ScanSource:
        """The objects for polars."""


class ObjectStore:
    """Objects by key. All stores behave alike; `local_store` and `s3_store` make one.

    Every method raises `BadInputError` for a key that is none, `NotFoundError` where the object is missing,
    `TransientError` where the store does not answer, and `SettingsError` where it refuses the credentials.
    Writes are atomic: a reader sees the whole old object, the whole new one, or none.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._store = backend.store

    @property
    def where(self) -> str:
        """The store's place, for messages to its owner."""
        return self._backend.where

    def put_bytes(self, key: str, data: bytes) -> None:
        """Write `data` under `key`, over whatever is there."""
        with self._write_errors(key):
            attributes = self._backend.attributes(checked_key(key))
            obstore.put(self._store, key, data, attributes=attributes, use_multipart=False)

    def put_file(self, key: str, path: Path) -> None:
        """Write the file at `path` under `key`, in parts, so that memory stays small.

        Raises:
            OSError: The file cannot be read.
        """
        path.stat()  # a missing local file must not look like a missing object
        with self._write_errors(key):
            obstore.put(
                self._store,
                key,
                path,
                attributes=self._backend.attributes(checked_key(key)),
                chunk_size=UPLOAD_PART_BYTES,
                max_concurrency=UPLOAD_CONCURRENCY,
            )

    def get_bytes(self, key: str) -> bytes:
        """The whole object; for small ones."""
        with self._errors(key):
            return bytes(obstore.get(self._store, checked_key(key)).bytes())

    def read_stream(self, key: str) -> Iterator[bytes]:
        """The object in pieces of about `READ_CHUNK_BYTES`.

        A missing object is reported at once, not at the first piece.
        """
        with self._errors(key):
            stream = obstore.get(self._store, checked_key(key)).stream(min_chunk_size=READ_CHUNK_BYTES)
        return self._pieces(key, stream)

    def download(self, key: str, path: Path) -> None:
        """Write the object to the file `path`; the file appears only when it is whole."""
        partial = path.with_name(f"{path.name}.{uuid4().hex}.part")
        try:
            with partial.open("wb") as file:
                file.writelines(self.read_stream(key))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        """Whether there is an object under `key`."""
        try:
            self.size(key)
        except NotFoundError:
            return False
        return True

    def size(self, key: str) -> int:
        """The object's size in bytes."""
        with self._errors(key):
            return int(obstore.head(self._store, checked_key(key))["size"])

    def delete(self, key: str) -> None:
        """Delete the object; a missing one is as good as deleted."""
        self._delete([checked_key(key)])

    def delete_all(self, keys: Iterable[str]) -> None:
        """Delete objects, many at a time; missing ones are as good as deleted."""
        self._delete([checked_key(key) for key in keys])

    def delete_prefix(self, prefix: str) -> int:
        """Delete every object below `prefix` (whole segments: `a/b` does not touch `a/bc`). Returns how many.

        Raises:
            BadInputError: The prefix is empty; nobody means to delete everything.
        """
        if not checked_prefix(prefix):
            raise BadInputError("Refusing to delete the whole store")
        keys = [info.key for info in self.list(prefix)]
        self._delete(keys)
        return len(keys)

    def list(self, prefix: str = "") -> ObjectInfos:
        """The objects below `prefix` (whole segments), in the order of their keys; none is an empty list."""
        with self._errors(prefix):
            found = obstore.list(self._store, checked_prefix(prefix) or None)
            infos = [ObjectInfo(o["path"], int(o["size"]), o["last_modified"]) for chunk in found for o in chunk]
        return sorted(infos, key=lambda info: info.key)

    def link(self, key: str, *, expires_s: int) -> str:
        """A link that reads the object for `expires_s` seconds without signing in.

        A browser saves it under `saved_name(key)`. The object is not looked up.
        """
        return self._backend.link(checked_key(key), expires_s=checked_link_life(expires_s))

    def scan_source(self, keys: Iterable[str]) -> ScanSource:
        """The objects as polars' scanners want them; they are not looked up."""
        return self._backend.scan_source([checked_key(key) for key in keys])

    def healthcheck(self) -> None:
        """Write, read and delete a small object.

        Raises:
            TransientError: The store does not answer, or gives back something else.
            SettingsError: The store refuses the credentials.
        """
        key, data = f"health/{uuid4().hex}", uuid4().bytes
        self.put_bytes(key, data)
        found = self.get_bytes(key)
        self.delete(key)
        if found != data:
            raise TransientError(f"The object store at {self.where} gave back other bytes than were written")

    def _delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), DELETE_BATCH):
            batch = keys[start : start + DELETE_BATCH]
            try:
                with self._errors(batch[0]):
                    obstore.delete(self._store, batch)
            except NotFoundError:
                # Somebody else deletes the same keys: the rest of the batch still has to go.
                self._delete_one_by_one(batch)

    def _delete_one_by_one(self, keys: Sequence[str]) -> None:
        for key in keys:
            try:
                with self._errors(key):
                    obstore.delete(self._store, key)
            except NotFoundError:
                continue  # wanted gone, is gone

    def _pieces(self, key: str, stream: Iterator[bytes]) -> Iterator[bytes]:
        with self._errors(key):
            for piece in stream:
                yield bytes(piece)

    @contextmanager
    def _write_errors(self, key: str) -> Iterator[None]:
        try:
            with self._errors(key):
                yield
        except NotFoundError as error:
            raise SettingsError(
                f"The object store at {self.where} does not exist", hint="Create the bucket, or correct its name."
            ) from error

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFoundError(f"Nothing is stored under {key!r}") from error
        except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
            raise SettingsError(
                f"The object store at {self.where} refuses access to {key!r}",
                hint="Check the store's access key, secret and bucket, or the folder's permissions.",
            ) from error
        except (BaseError, OSError) as error:
            raise TransientError(
                f"The object store at {self.where} failed on {key!r}: {_first_line(error)}",
                hint="Check that the store is running and has space; the work is tried again.",
            ) from error


class _LocalBackend:
    def __init__(self, root: Path, signer: LinkSigner) -> None:
        self._root = root.resolve()
        self._signer = signer
        self._store = LocalStore(self._root, mkdir=True, automatic_cleanup=True)

    @property
    def where(self) -> str:
        return str(self._root)

    @property
    def store(self) -> LocalStore:
        return self._store

    def attributes(self, key: str) -> "Attributes | None":
        del key
        return None  # a folder keeps nothing beside a file; the link carries the name

    def link(self, key: str, *, expires_s: int) -> str:
        return self._signer.link(key, expires_s=expires_s, filename=saved_name(key))

    def scan_source(self, keys: Iterable[str]) -> ScanSource:
        return ScanSource([str(self._root / key) for key in keys], {})


class _S3Backend:
    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._prefix = f"{prefix}/" if (prefix := checked_prefix(settings.prefix)) else ""
        self._store = self._open(settings.server)
        # Links are signed for the name by which browsers know the server; nothing is asked by that name.
        self._public = self._open(settings.public_endpoint) if settings.public_endpoint else self._store

    def _open(self, endpoint: str) -> S3Store:
        settings = self._settings
        return S3Store(
            settings.bucket,
            prefix=self._prefix or None,
            access_key_id=settings.access_key,
            secret_access_key=settings.secret_key,
            endpoint=endpoint.rstrip("/"),
            region=settings.region,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": _is_plain_http(endpoint),
                "connect_timeout": CONNECT_TIMEOUT,
                "read_timeout": READ_TIMEOUT,
                "timeout": REQUEST_TIMEOUT,
            },
            retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_TIMEOUT},
        )

    @property
    def where(self) -> str:
        return f"{self._settings.server}/{self._settings.bucket}"

    @property
    def store(self) -> S3Store:
        return self._store

    def attributes(self, key: str) -> "Attributes | None":
        return {"Content-Disposition": content_disposition(saved_name(key))}

    def link(self, key: str, *, expires_s: int) -> str:
        return obstore.sign(self._public, "GET", key, timedelta(seconds=expires_s))

    def scan_source(self, keys: Iterable[str]) -> ScanSource:
        options: Mapping[str, str] = {
            "aws_access_key_id": self._settings.access_key,
            "aws_secret_access_key": self._settings.secret_key,
            "aws_endpoint_url": self._settings.server,
            "aws_region": self._settings.region,
            "aws_allow_http": str(_is_plain_http(self._settings.server)).lower(),
            "aws_virtual_hosted_style_request": "false",
        }
        return ScanSource([f"s3://{self._settings.bucket}/{self._prefix}{key}" for key in keys], dict(options))


def local_store(root: Path, signer: LinkSigner) -> ObjectStore:
    """A store in the folder `root`, which is made if missing; its links go to the web's own file route.

    Raises:
        SettingsError: The folder cannot be made.
    """
    try:
        return ObjectStore(_LocalBackend(root, signer))
    except (BaseError, OSError) as error:
        raise SettingsError(f"The object folder {root} cannot be used: {_first_line(error)}") from error


def s3_store(settings: S3Settings) -> ObjectStore:
    """A store in a bucket of an S3-compatible server; nothing is contacted yet, see `ObjectStore.healthcheck`.

    Raises:
        SettingsError: The settings name no server.
    """
    for name, url in (("endpoint", settings.server), ("public endpoint", settings.public_endpoint)):
        parts = urlsplit(url)
        if url and not (parts.scheme in {"http", "https"} and parts.netloc and parts.path in {"", "/"}):
            raise SettingsError(f"The store's {name} {url!r} is not https://host[:port]")
    try:
        return ObjectStore(_S3Backend(settings))
    except (BaseError, BadInputError) as error:
        raise SettingsError(f"The S3 store cannot be used: {_first_line(error)}") from error


def _is_plain_http(endpoint: str) -> bool:
    return urlsplit(endpoint).scheme == "http"


def _first_line(error: BaseException) -> str:
    """The reason without the library's debug dump below it."""
    return str(error).strip().partition("\n")[0]
