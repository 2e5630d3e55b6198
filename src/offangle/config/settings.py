"""All settings, read once from the environment, typed, refused loudly."""

import secrets
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from offangle.core.errors import SettingsError

DEFAULT_PORT: Final = 8730
SECRET_BYTES: Final = 48


class Settings(BaseSettings):
    """Settings of one installation; each is an environment variable with the prefix `OFFANGLE_`."""

    model_config = SettingsConfigDict(env_prefix="OFFANGLE_", extra="ignore", frozen=True)

    data_dir: Annotated[Path, Field(description="Folder for everything that is embedded")] = Path("offangle-data")
    host: Annotated[str, Field(description="Address the web process listens on")] = "127.0.0.1"
    port: Annotated[int, Field(description="Port the web process listens on", ge=1, le=65535)] = DEFAULT_PORT
    public_url: Annotated[
        str, Field(description="Address under which people reach the pages; empty: host and port")
    ] = ""
    database_url: Annotated[str, Field(description="`postgresql://…`; empty: SQLite in the data folder")] = ""
    jobs_database_url: Annotated[str, Field(description="Workflow store; empty: beside the database")] = ""
    s3_bucket: Annotated[str, Field(description="Bucket for demos and tables; empty: a folder in the data folder")] = ""
    s3_endpoint: Annotated[str, Field(description="Address of the S3-compatible server; empty: AWS")] = ""
    s3_public_endpoint: Annotated[
        str, Field(description="The same server as browsers reach it, for download links; empty: as above")
    ] = ""
    s3_region: Annotated[str, Field(description="Region of the bucket")] = "us-east-1"
    s3_access_key: Annotated[SecretStr, Field(description="Access key of the bucket")] = SecretStr("")
    s3_secret_key: Annotated[SecretStr, Field(description="Secret key of the bucket")] = SecretStr("")
    secret_key: Annotated[SecretStr, Field(description="Signs sessions; empty: made and kept in the data folder")] = (
        SecretStr("")
    )
    max_upload_mb: Annotated[int, Field(description="Largest upload accepted, as sent", ge=1)] = 2_048
    max_demo_mb: Annotated[int, Field(description="Largest demo after decompression", ge=1)] = 4_096
    parse_timeout_s: Annotated[int, Field(description="A parse that takes longer is stopped", ge=1)] = 900
    parse_memory_mb: Annotated[int, Field(description="A parse that needs more memory is stopped", ge=256)] = 4_096
    worker_concurrency: Annotated[int, Field(description="Demos parsed at once by one worker", ge=1)] = 1
    sample_rounds: Annotated[int, Field(description="The sample match ends after so many rounds", ge=1, le=24)] = 24
    keep_attempts_days: Annotated[
        int, Field(description="Counts of attempts to sign in are forgotten after so many days", ge=1)
    ] = 1
    keep_jobs_days: Annotated[int, Field(description="Ended jobs are forgotten after so many days", ge=1)] = 30
    keep_posts_days: Annotated[
        int, Field(description="Posts of game clients are forgotten after so many days; their matches stay", ge=1)
    ] = 30
    web_workers: Annotated[int, Field(description="Processes that answer requests", ge=1)] = 1
    signup_open: Annotated[bool, Field(description="Anybody may make an account; else people need an invitation")] = (
        False
    )
    steam_openid_url: Annotated[
        str, Field(description="Where people sign in through Steam", pattern=r"^https?://[^\s\"'<>;,?#@]+$")
    ] = "https://steamcommunity.com/openid/login"
    trusted_proxies: Annotated[
        int, Field(description="Proxies in front of the web process that append to `X-Forwarded-For`", ge=0, le=8)
    ] = 0
    open_browser: Annotated[bool, Field(description="Open the pages at start where there is a desktop")] = True
    debug: Annotated[bool, Field(description="Django's debug mode; never on a server that others reach")] = False

    @property
    def base_url(self) -> str:
        """Address of the pages, without a trailing slash."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def sqlite_path(self) -> Path:
        """The embedded database."""
        return self.data_dir / "offangle.sqlite3"

    @property
    def jobs_url(self) -> str:
        """URL of the workflow store."""
        if self.jobs_database_url:
            return self.jobs_database_url
        return self.database_url or f"sqlite:///{(self.data_dir / 'jobs.sqlite3').resolve()}"

    @property
    def objects_dir(self) -> Path:
        """The embedded object store."""
        return self.data_dir / "objects"


@cache
def load_settings() -> Settings:
    """Read the settings from the environment, once per process.

    Raises:
        SettingsError: A value makes no sense; the message names the variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "OFFANGLE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg']}", hint=f"Correct or unset {name} and start again.") from error


def signing_secret(settings: Settings) -> str:
    """The secret that signs sessions and links: the one set, or one made at first start and kept in the data folder."""
    if given := settings.secret_key.get_secret_value():
        return given
    path = settings.data_dir / "secret.key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        # Exclusive creation: of two processes that start together one makes the secret and both read it.
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(SECRET_BYTES))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")
