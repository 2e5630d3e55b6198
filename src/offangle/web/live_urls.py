"""The addresses of live pages, patterns and the SQL explorer."""

from typing import Final

from django.urls import URLPattern, path

from offangle.web.views import live, overlay, patterns, sql

LIVE_URLS: Final[list[URLPattern]] = [
    path("live/", live.live_list, name="live"),
    path("live/events/", live.live_events, name="live-events"),
    path("live/hints/", live.switch_hints, name="live-hints"),
    path("live/overlay/", overlay.overlay_links_page, name="overlay-links"),
    path("live/overlay/new/", overlay.create_link, name="overlay-create"),
    path("live/overlay/<int:link_id>/revoke/", overlay.revoke_link, name="overlay-revoke"),
    path("live/<uuid:match_id>/", live.live_match, name="live-match"),
    path("overlay/<str:secret>/", overlay.overlay, name="overlay"),
    path("overlay/<str:secret>/events/", overlay.overlay_events, name="overlay-events"),
    path("players/<str:steam_id>/weapons/", patterns.weapons, name="player-weapons"),
    path("players/<str:steam_id>/economy/", patterns.economy, name="player-economy"),
    path("sql/", sql.explorer, name="sql"),
]
