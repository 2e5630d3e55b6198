"""Django's settings, derived from Offangle's."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from dj_database_url import ParseError, UnknownSchemeError

from offangle.config.settings import Settings, load_settings, signing_secret
from offangle.core.errors import SettingsError

SQLITE_TIMEOUT_S = 20
# FULL: an answered post must survive a power cut, not only a crash of the process.
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=20000;"

POSTGRES = "django.db.backends.postgresql"
DATABASE_URL_HINT = "Write postgresql://user:password@host:port/name, or unset it to keep rows in the data folder."


def database(settings: Settings) -> dict[str, Any]:
    """Django's description of the database that `settings` names.

    Raises:
        SettingsError: The address is none, or of a database that Offangle does not use.
    """
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": settings.sqlite_path.resolve(),
            "OPTIONS": {
                "timeout": SQLITE_TIMEOUT_S,
                "transaction_mode": "IMMEDIATE",
                "init_command": SQLITE_PRAGMAS,
            },
        }
    return _server(settings.database_url)


def _server(url: str) -> dict[str, Any]:
    """Django's description of a PostgreSQL server; options of the address (`?sslmode=require`) reach the driver."""
    try:
        found = dict(dj_database_url.parse(url, conn_health_checks=True))
    except (UnknownSchemeError, ParseError) as error:
        raise SettingsError("OFFANGLE_DATABASE_URL is no address of a database", hint=DATABASE_URL_HINT) from error
    if found["ENGINE"] != POSTGRES:
        raise SettingsError("OFFANGLE_DATABASE_URL names another database than PostgreSQL", hint=DATABASE_URL_HINT)
    return found


_settings = load_settings()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = _settings.debug
SECRET_KEY = signing_secret(_settings)
ALLOWED_HOSTS = (
    ["*"]
    if _settings.debug
    else sorted({"localhost", "127.0.0.1", "[::1]", _settings.host, urlsplit(_settings.base_url).hostname or ""} - {""})
)
CSRF_TRUSTED_ORIGINS = [_settings.base_url]
ROOT_URLCONF = "offangle.web.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "offangle.db",
    "offangle.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "offangle.web.shared.compression.CompressPages",
    "offangle.web.shared.middleware.SecurityPolicy",
    "offangle.web.shared.house.HouseAtHand",
    "offangle.web.shared.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "offangle.web.shared.middleware.SignInRequired",
    "offangle.web.shared.middleware.ViewerTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "offangle.web.shared.middleware.PrivateByDefault",
    "offangle.web.shared.middleware.ProblemPages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "offangle.web.shared.context.frame",
            ],
        },
    },
]
DATABASES = {"default": database(_settings)}
AUTH_USER_MODEL = "db.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 7 * 24 * 3600  # addresses of built files carry their content's hash
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _settings.base_url.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if SESSION_COOKIE_SECURE:
    # Behind a proxy that ends TLS; the proxy must set this header itself and drop what clients send.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 30 * 24 * 3600
CSRF_FAILURE_VIEW = "offangle.web.shared.problems.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_LIMIT_BYTES = _settings.max_upload_mb * 1024 * 1024
PUBLIC_URL = _settings.public_url.rstrip("/")
SIGNUP_OPEN = _settings.signup_open
STEAM_OPENID_URL = _settings.steam_openid_url
TRUSTED_PROXIES = _settings.trusted_proxies
DATA_FOLDER = _settings.data_dir.resolve()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own defaults send errors by mail; they belong into the log.
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "dbos": {"level": "WARNING"},
    },
}
