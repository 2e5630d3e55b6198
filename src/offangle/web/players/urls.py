"""The addresses of players and of their patterns."""

from django.urls import path

from offangle.web.players import pattern_views, views

urlpatterns = [
    path("players/", views.player_list, name="player-list"),
    path("players/<str:steam_id>/", views.player, name="player"),
    path("players/<str:steam_id>/weapons/", pattern_views.weapons, name="player-weapons"),
    path("players/<str:steam_id>/economy/", pattern_views.economy, name="player-economy"),
]
