"""A match told by simulated clients is marked; one with a person among its observers is not."""

import pytest

from makers.gsi_posts import OWN, GsiClient
from makers.live_journal import follow, owner_of, store
from offangle.db.models import Match
from offangle_sim.people import simulated_players

pytestmark = pytest.mark.django_db

SIMULATED = simulated_players(1, 1)[0][1]


@pytest.mark.parametrize(("steam_id", "marked"), [(SIMULATED, True), (OWN, False)])
def test_a_live_match_is_marked_by_who_observes_it(steam_id: int, *, marked: bool) -> None:
    owner_of(steam_id, "alder")
    client = GsiClient(steam_id=steam_id)
    for _ in range(2):
        client.play_round("CT", 1)
    store(client)
    follow(steam_id)
    assert Match.objects.get().is_simulated is marked
