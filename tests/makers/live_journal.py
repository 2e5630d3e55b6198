"""Journals of game clients for tests: posts made by `GsiClient`, stored as the ingest stores them, and folded."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from django.forms.models import model_to_dict

from makers.gsi_posts import Body, GsiClient
from offangle.bootstrap.follow import read_journal_post
from offangle.db.models import (
    LiveTrack,
    Match,
    PlayerMatchStat,
    PlayerRoundState,
    PlayerWeapon,
    Round,
    SteamAccount,
    User,
)
from offangle.db.queries.journal import JournalEntry, append_many
from offangle.flows.following.follow import follow_observer
from offangle.live.observation import Observation

NS = 10**9


def owner_of(steam_id: int, name: str) -> User:
    """A user with this Steam account."""
    user = User.objects.create_user(name)
    SteamAccount.objects.update_or_create(steam_id=steam_id, defaults={"user": user})
    return user


def entry_of(body: Body, received_ns: int, steam_id: int) -> JournalEntry:
    """A post as the ingest hands it to the journal."""
    timestamp = int(body["provider"]["timestamp"])
    return JournalEntry(steam_id, None, received_ns, timestamp, msgspec.json.encode(body))


def entries_of(client: GsiClient, *, skew_s: float = 0.0) -> list[JournalEntry]:
    """All posts of a client, received by a machine whose clock is off by `skew_s`."""
    return [
        entry_of(body, observation.received_ns + int(skew_s * NS), client.steam_id)
        for body, observation in zip(client.posts, client.observations, strict=True)
    ]


def store(*clients: GsiClient, skew_s: float = 0.0) -> None:
    """Put the posts of clients into the journal, in the order of arrival."""
    entries = [entry for client in clients for entry in entries_of(client, skew_s=skew_s)]
    append(sorted(entries, key=lambda entry: entry.received_ns))


def append(entries: Iterable[JournalEntry]) -> None:
    """Append entries in order, however many."""
    found = list(entries)
    for start in range(0, len(found), 500):
        append_many(found[start : start + 500])


def follow(*steam_ids: int, most_posts: int = 250) -> None:
    """Fold until nothing is left."""
    for steam_id in steam_ids:
        while follow_observer(steam_id, read_journal_post, most_posts=most_posts):
            pass


def rows() -> dict[str, Any]:
    """Every row that follows from the journal, without the keys that the database counts up."""
    return {
        "matches": [model_to_dict(match) | {"id": match.pk} for match in Match.objects.order_by("pk")],
        "rounds": _dicts(Round.objects.order_by("match_id", "number"), "id"),
        "stats": _dicts(PlayerMatchStat.objects.order_by("match_id", "steam_account_id", "side"), "id"),
        "states": [
            _plain(state, "id", "round") | {"number": state.round.number}
            for state in PlayerRoundState.objects.order_by("match_id", "round__number", "steam_account_id")
        ],
        "weapons": [
            _plain(row, "id", "state") | {"match": str(row.state.match_id), "number": row.state.round.number}
            for row in PlayerWeapon.objects.order_by(
                "state__match_id", "state__round__number", "state__steam_account_id", "weapon_id"
            )
        ],
        "tracks": [
            (str(row.match_id), row.steam_account_id, row.session_sequence, row.epoch_index, row.state)
            for row in LiveTrack.objects.order_by("steam_account_id", "session_sequence", "epoch_index")
        ],
    }


def _dicts(found: Any, *without: str) -> list[dict[str, Any]]:
    return [_plain(row, *without) for row in found]


def _plain(row: Any, *without: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(model_to_dict(row), default=str))
    return {name: value for name, value in plain.items() if name not in without}


def read_all(client: GsiClient) -> list[Observation]:
    """What the reducer is given, of everything the client posted."""
    return client.observations
