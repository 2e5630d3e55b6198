"""The addresses of the pages and of the API: each feature lists its own."""

from typing import Final

from django.urls import URLPattern, URLResolver, include, path

from offangle.web.shared import downloads

FEATURES: Final = ("matches", "players", "live", "connect", "jobs", "imports", "sources", "asking", "people")

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("offangle.web.api.urls")),
    path("files/<path:key>", downloads.stored_object, name="stored-object"),
    *(path("", include(f"offangle.web.{feature}.urls")) for feature in FEATURES),
]

handler400 = "offangle.web.shared.problems.bad_request"
handler403 = "offangle.web.shared.problems.forbidden"
handler404 = "offangle.web.shared.problems.not_found"
handler500 = "offangle.web.shared.problems.server_error"
