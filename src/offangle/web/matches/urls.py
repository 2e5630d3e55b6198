"""The addresses of matches."""

from django.urls import path

from offangle.web.matches import views

urlpatterns = [
    path("", views.match_list, name="match-list"),
    path("matches/<uuid:match_id>/", views.match_tab, name="match"),
    path("matches/<uuid:match_id>/delete/", views.match_delete, name="match-delete"),
    path("matches/<uuid:match_id>/rounds/<int:number>/", views.match_tab, {"slug": "rounds"}, name="match-round"),
    path("matches/<uuid:match_id>/<slug:slug>/", views.match_tab, name="match-tab"),
]
