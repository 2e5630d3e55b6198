"""The addresses of the pages and of the API."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("offangle.web.api.urls")),
]
