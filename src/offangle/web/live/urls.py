"""The addresses of live pages and overlays."""

from django.urls import path

from offangle.web.live import overlay, views

urlpatterns = [
    path("live/", views.live_list, name="live"),
    path("live/events/", views.live_events, name="live-events"),
    path("live/hints/", views.switch_hints, name="live-hints"),
    path("live/overlay/", overlay.overlay_links_page, name="overlay-links"),
    path("live/overlay/new/", overlay.create_link, name="overlay-create"),
    path("live/overlay/<int:link_id>/revoke/", overlay.revoke_link, name="overlay-revoke"),
    path("live/<uuid:match_id>/", views.live_match, name="live-match"),
    path("overlay/<str:secret>/", overlay.overlay, name="overlay"),
    path("overlay/<str:secret>/events/", overlay.overlay_events, name="overlay-events"),
]
