"""Live matches for tests of pages: a client that plays now, followed into rows and a snapshot."""

import time
from typing import Any

from makers.gsi_posts import NS, OWN, START_S, GsiClient
from makers.live_journal import follow, store
from offangle.db.models import Match, SteamAccount, User


def own_account(user: User, steam_id: int = OWN) -> SteamAccount:
    """A Steam account of `user`."""
    account, _ = SteamAccount.objects.update_or_create(steam_id=steam_id, defaults={"user": user})
    return account


def play(client: GsiClient, winners: str = "CTTC", kills: int = 1) -> None:
    """Play a round per letter: C for a win of CT, T for one of T."""
    for winner in winners:
        client.play_round({"C": "CT", "T": "T"}[winner], kills=kills)


def publish_live(*clients: GsiClient, ago_s: float = 1.0) -> Match:
    """Store and follow what the clients posted, the last post `ago_s` ago; the match of the first client."""
    latest_s = max(client.now_s for client in clients)
    store(*clients, skew_s=time.time() - ago_s - START_S - latest_s)
    follow(*(client.steam_id for client in clients))
    return Match.objects.filter(tracks__steam_account=clients[0].steam_id).latest("played_at")


def live_match(user: User, winners: str = "CTTC", *, steam_id: int = OWN, **options: Any) -> Match:
    """A match that `user` plays now."""
    own_account(user, steam_id)
    client = GsiClient(steam_id=steam_id, **options)
    play(client, winners)
    client.freeze()
    return publish_live(client)


__all__ = ["NS", "live_match", "own_account", "play", "publish_live"]
