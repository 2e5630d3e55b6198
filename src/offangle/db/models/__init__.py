"""The relational model: who, which matches, what happened in them."""

from offangle.db.models.accounts import (
    ApiToken,
    AttemptCounter,
    Invitation,
    Notification,
    OpenIdNonce,
    OverlayLink,
    SignInLink,
    SteamAccount,
    User,
)
from offangle.db.models.files import Build, Demo, ImportRecord
from offangle.db.models.following import LiveEvent, LiveMove, LiveObserver, LiveSnapshot, LiveTrack
from offangle.db.models.live import GsiJournal, GsiRefusal, GsiToken
from offangle.db.models.matches import Analysis, Match, Observation, Round
from offangle.db.models.players import PlayerMatchStat, PlayerRoundState, PlayerWeapon, Weapon
from offangle.db.models.sources import SourceState
from offangle.db.models.summaries import PlayerSummary

__all__ = [
    "Analysis",
    "ApiToken",
    "AttemptCounter",
    "Build",
    "Demo",
    "GsiJournal",
    "GsiRefusal",
    "GsiToken",
    "ImportRecord",
    "Invitation",
    "LiveEvent",
    "LiveMove",
    "LiveObserver",
    "LiveSnapshot",
    "LiveTrack",
    "Match",
    "Notification",
    "Observation",
    "OpenIdNonce",
    "OverlayLink",
    "PlayerMatchStat",
    "PlayerRoundState",
    "PlayerSummary",
    "PlayerWeapon",
    "Round",
    "SignInLink",
    "SourceState",
    "SteamAccount",
    "User",
    "Weapon",
]
