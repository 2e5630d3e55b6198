"""The addresses of accounts: getting in, Steam, settings."""

from django.urls import path

from offangle.web.people import invitations, settings, sign_in, sign_up, steam, steam_accounts

urlpatterns = [
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
    path("sign-up/", sign_up.sign_up_page, name="sign-up"),
    path("sign-up/<str:secret>/", sign_up.sign_up_page, name="sign-up-invited"),
    path("steam/sign-in/", steam.start_sign_in, name="steam-sign-in"),
    path("steam/return/", steam.come_back, name="steam-return"),
    path("steam/welcome/", steam.welcome, name="steam-welcome"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:secret>/", sign_in.sign_in_by_link, name="sign-in-link"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
]
