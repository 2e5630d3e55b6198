"""The addresses where match files come in."""

from django.urls import path

from offangle.web.imports import samples, uploads

urlpatterns = [
    path("upload/", uploads.upload, name="upload"),
    path("sample/", samples.explore_sample, name="sample"),
]
