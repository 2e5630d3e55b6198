"""The address of the page of sources."""

from django.urls import path

from offangle.web.sources import views

urlpatterns = [path("settings/sources/", views.source_list, name="settings-sources")]
