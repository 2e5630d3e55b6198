"""The address where a game is waited for."""

from django.urls import path

from offangle.web.connect import views

urlpatterns = [path("live/connect/", views.connect, name="connect")]
