"""The addresses of the pages and of the API."""

from django.urls import URLPattern, URLResolver, include, path

from offangle.web import downloads
from offangle.web.live_urls import LIVE_URLS
from offangle.web.views import (
    connect,
    events,
    invitations,
    jobs,
    matches,
    players,
    samples,
    settings,
    sign_in,
    sign_up,
    steam,
    steam_accounts,
    uploads,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("offangle.web.api.urls")),
    path("files/<path:key>", downloads.stored_object, name="stored-object"),
    path("", include(LIVE_URLS)),
    path("", matches.match_list, name="match-list"),
    path("matches/<uuid:match_id>/", matches.match_tab, name="match"),
    path("matches/<uuid:match_id>/delete/", matches.match_delete, name="match-delete"),
    path("matches/<uuid:match_id>/rounds/<int:number>/", matches.match_tab, {"slug": "rounds"}, name="match-round"),
    path("matches/<uuid:match_id>/<slug:slug>/", matches.match_tab, name="match-tab"),
    path("players/", players.player_list, name="player-list"),
    path("players/<str:steam_id>/", players.player, name="player"),
    path("jobs/", jobs.job_list, name="job-list"),
    path("jobs/samples/<uuid:record_id>/cancel/", jobs.sample_cancel, name="sample-cancel"),
    path("jobs/<slug:sha256>/retry/", jobs.job_retry, name="job-retry"),
    path("jobs/<slug:sha256>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("jobs/<slug:sha256>/delete/", jobs.job_delete, name="job-delete"),
    path("upload/", uploads.upload, name="upload"),
    path("sample/", samples.explore_sample, name="sample"),
    path("events/", events.events, name="events"),
    path("settings/", settings.settings_page, name="settings"),
    path("settings/time-zone/", settings.change_time_zone, name="settings-time-zone"),
    path("settings/password/", settings.change_password, name="settings-password"),
    path("settings/tokens/", settings.create_token, name="settings-token-create"),
    path("settings/tokens/<int:token_id>/revoke/", settings.revoke_token, name="settings-token-revoke"),
    path("settings/steam/", steam_accounts.steam_page, name="settings-steam"),
    path("settings/steam/link/", steam.start_link, name="steam-link"),
    path("settings/steam/claim/", steam_accounts.claim, name="steam-claim"),
    path("settings/steam/<int:steam_id>/unlink/", steam_accounts.unlink, name="steam-unlink"),
    path("settings/steam/<int:steam_id>/tokens/", steam_accounts.create_token, name="game-token-create"),
    path("settings/game-tokens/<int:token_id>/rotate/", steam_accounts.rotate_token, name="game-token-rotate"),
    path("settings/game-tokens/<int:token_id>/revoke/", steam_accounts.revoke_token, name="game-token-revoke"),
    path("settings/game-tokens/config/", steam_accounts.config_file, name="game-config"),
    path("settings/invitations/", invitations.invitations, name="settings-invitations"),
    path("settings/invitations/<int:invitation_id>/withdraw/", invitations.withdraw, name="invitation-withdraw"),
    path("live/connect/", connect.connect, name="connect"),
    path("sign-up/", sign_up.sign_up_page, name="sign-up"),
    path("sign-up/<str:secret>/", sign_up.sign_up_page, name="sign-up-invited"),
    path("steam/sign-in/", steam.start_sign_in, name="steam-sign-in"),
    path("steam/return/", steam.come_back, name="steam-return"),
    path("steam/welcome/", steam.welcome, name="steam-welcome"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:secret>/", sign_in.sign_in_by_link, name="sign-in-link"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
]

handler400 = "offangle.web.problems.bad_request"
handler403 = "offangle.web.problems.forbidden"
handler404 = "offangle.web.problems.not_found"
handler500 = "offangle.web.problems.server_error"
