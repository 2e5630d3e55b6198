"""What every page's frame needs."""

from importlib.metadata import version
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

VERSION: Final = version("offangle")

SETTINGS: Final = (
    "settings",
    "settings-steam",
    "settings-sources",
    "settings-invitations",
    "steam-claim",
    "game-token-create",
    "game-token-rotate",
    "connect",
)
NAVIGATION: Final = (
    ("match-list", "Matches", ("match-list", "match", "match-tab", "match-round")),
    ("live", "Live", ("live", "live-match", "overlay-links", "overlay-create")),
    ("player-list", "Players", ("player-list", "player", "player-weapons", "player-economy")),
    ("sql", "SQL", ("sql",)),
    ("job-list", "Jobs", ("job-list",)),
    ("settings", "Settings", SETTINGS),
)
"""Address name, label, and the names of the addresses under which it is marked as current."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Version, navigation and the largest upload."""
    matched = request.resolver_match
    here = (matched.url_name or "") if matched else ""
    items = [
        {"url_name": url_name, "label": label, "is_current": here in names} for url_name, label, names in NAVIGATION
    ]
    return {"version": VERSION, "navigation": items, "upload_limit_bytes": settings.UPLOAD_LIMIT_BYTES}
