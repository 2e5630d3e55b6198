"""What the live pages show: the observers' snapshots, made ready for the templates."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from offangle.core.sides import SIDES, TEAMS, Side, Team
from offangle.db.models import LiveSnapshot, LiveTrack, Match, PlayerMatchStat, User
from offangle.db.queries.access import visible_matches
from offangle.db.queries.live_events import snapshots
from offangle.storage.objects import ObjectStore
from offangle.web.matches.tabs.page import MatchPage
from offangle.web.matches.tabs.rounds import round_lines
from offangle.web.shared import words

NS_PER_S: Final = 10**9
LISTED_FOR: Final = timedelta(minutes=30)
"""A client that said nothing for so long is not live, whatever it said last."""
SILENT_AFTER: Final = timedelta(seconds=90)
"""Three heartbeats of the game: then the page says that nothing comes in."""

STATUSES: Final = {
    "live": "Live",
    "warmup": "Warm-up",
    "finished": "Finished",
    "menu": "In the menu",
    "spectating": "Watching",
}
ROUND_PHASES: Final = {"freezetime": "Freeze time", "live": "Under way", "over": "Over"}
BOMBS: Final = {"planted": "Bomb planted", "defused": "Bomb defused", "exploded": "Bomb exploded"}
CONFIDENCES: Final = {
    "high": "sure: its ammunition fell with the kill",
    "medium": "likely: it was in hand when the kill was told, or several kills came at once",
    "low": "unsure: it was in hand just before, and nothing else shows it",
    "none": "not known: nothing shows which weapon it was",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """Something the viewer should know before believing a number or buying."""

    text: str
    is_warning: bool = False
    url_match: UUID | None = None


@dataclass(frozen=True, slots=True)
class Observer:
    """One client of a match and what it told last."""

    steam_id: int
    name: str
    match: Match | None
    at: datetime
    document: dict[str, Any]

    @property
    def is_silent(self) -> bool:
        """Whether not even heartbeats come in."""
        return timezone.now() - self.at > SILENT_AFTER

    @property
    def status(self) -> str:
        """What the client does, in words."""
        return STATUSES[self.document["status"]]

    @property
    def is_playing(self) -> bool:
        """Whether its match goes on."""
        return self.document["status"] in {"live", "warmup"} and not self.is_silent

    @property
    def can_be_watched(self) -> bool:
        """Whether there is more to see of its match than its page has."""
        return self.match is not None and self.match.live_state == "live"

    @property
    def round_phase(self) -> str:
        """The round's phase in words; the match's own where it stands still."""
        phase = self.document["phase"]
        if phase in {"intermission", "gameover", "warmup"}:
            return {"intermission": "Half-time", "gameover": "Match over", "warmup": "Warm-up"}[phase]
        return ROUND_PHASES.get(self.document["round_phase"] or "", "")

    @property
    def bomb(self) -> str:
        """The bomb in words; empty while nobody planted it."""
        return BOMBS.get(self.document["bomb"] or "", "")

    @property
    def own(self) -> dict[str, Any] | None:
        """The player's own figures; None while dead and unseen, or watching somebody else."""
        found: dict[str, Any] | None = self.document["own"]
        return found

    @property
    def weapons(self) -> list[dict[str, Any]]:
        """Weapons in hand and on the back, with titles; the active one first."""
        held = self.own["weapons"] if self.own else []
        titled = [{**each, "title": words.weapon_title(each["name"])} for each in held]
        return sorted(titled, key=lambda each: not each["is_active"])

    @property
    def kills(self) -> list[dict[str, Any]]:
        """The latest own kills, newest first."""
        return [
            {
                "round": each["round"],
                "weapon": words.weapon_title(each["weapon"]) if each["confidence"] != "none" else "",
                "confidence": each["confidence"],
                "confidence_text": CONFIDENCES.get(each["confidence"], each["confidence"]),
            }
            for each in reversed(self.document["kills"])
        ]

    @property
    def sides(self) -> list[tuple[Side, dict[str, Any]]]:
        """CT, then T, or the own side first where it is known."""
        order: list[Side] = sorted(SIDES, key=lambda side: side != (self.document["own_side"] or "ct"))
        return [(side, self.document["sides"][side]) for side in order]


def observers(user: User, match_id: UUID | None = None) -> list[Observer]:
    """The clients that `user` may see, their own first, then the latest heard of."""
    own = set(user.steam_accounts.values_list("pk", flat=True))
    found = [observer_of(row) for row in snapshots(user, match_id)]
    return sorted(found, key=lambda each: each.steam_id not in own)


def observer_of(row: LiveSnapshot) -> Observer:
    """A stored snapshot, ready to show."""
    name = (row.document["own"] or {}).get("name") or str(row.steam_account)
    at = datetime.fromtimestamp(row.received_ns / NS_PER_S, UTC)
    return Observer(row.steam_account_id, name, row.match, at, row.document)


def listed(user: User) -> list[Observer]:
    """The clients that said something lately."""
    since = timezone.now() - LISTED_FOR
    return [each for each in observers(user) if each.at >= since]


def match_context(store: ObjectStore, user: User, match: Match) -> dict[str, Any]:
    """A live match as its page shows it."""
    page = MatchPage(store, match)
    seen = observers(user, match.pk)
    lines, own = round_lines(page), own_team(user, match)
    return {
        "match": match,
        "team_names": page.team_names,
        "observers": seen,
        "leading": seen[0] if seen else None,
        "lines": lines,
        "teams": [(team, _called(page, team, own)) for team in TEAMS],
        "alerts": alerts(user, match, seen),
        "is_live": match.live_state == "live",
    }


def own_team(user: User, match: Match) -> str | None:
    """The team of the viewer's own account in the match."""
    rows = PlayerMatchStat.objects.filter(match=match, side="all", steam_account__user=user)
    return rows.values_list("team", flat=True).first()


def _called(page: MatchPage, team: Team, own: str | None) -> str:
    """A team's name, and which one is the viewer's."""
    return f"{page.team_names[team]} (you)" if team == own else page.team_names[team]


def alerts(user: User, match: Match, seen: list[Observer]) -> list[Alert]:
    """What keeps the picture from being whole, and what the economy does next round."""
    found = [*_moved(user, match)]
    for each in seen:
        who = "" if len(seen) == 1 else f"{each.name}: "
        found += [Alert(who + text, is_warning=True) for text in _doubts(each, is_live=match.live_state == "live")]
        found += [Alert(who + text) for text in _loss_bonus(each)]
    return found


def _moved(user: User, match: Match) -> list[Alert]:
    """Where a match that was restarted or joined with another goes on."""
    found = []
    if match.superseded_by_id is not None:
        found.append(Alert("This match is told better elsewhere", url_match=match.superseded_by_id))
    if match.live_state == "aborted":
        clients = LiveTrack.objects.filter(match=match).values("steam_account")
        later = LiveTrack.objects.filter(steam_account__in=clients, begin_ns__gt=_end_ns(match), match__isnull=False)
        known = visible_matches(user).filter(pk__in=later.order_by("begin_ns").values("match")).first()
        text = "The server restarted this match: its rounds do not count."
        found.append(Alert(text, is_warning=True, url_match=known.pk if known else None))
    return found


def _end_ns(match: Match) -> int:
    ends = LiveTrack.objects.filter(match=match).order_by("-begin_ns").values_list("begin_ns", flat=True)
    return next(iter(ends), 0)


def _doubts(each: Observer, *, is_live: bool) -> list[str]:
    counts = {alert["kind"]: alert.get("count", 1) for alert in each.document["alerts"]}
    found = []
    if lost := counts.get("posts_lost"):
        said = "1 post was" if lost == 1 else f"{lost} posts were"
        found.append(f"{said} lost on the way: a kill or a change of weapon may be missing.")
    if unknown := counts.get("kills_without_weapon"):
        said = "1 kill" if unknown == 1 else f"{unknown} kills"
        found.append(f"{said} without a known weapon: the game told too late what was in hand.")
    if "spectating" in counts:
        found.append("The game watches somebody else: own figures stand still.")
    if each.is_silent and is_live:
        found.append("Nothing was heard of the game lately. It may be closed, or cannot reach this server.")
    return found


def _loss_bonus(each: Observer) -> list[str]:
    """What the own side gets for losing the next round, once it has lost one."""
    side = each.document["own_side"]
    told = each.document["sides"].get(side) if side else None
    if not told or not told["loss_streak"] or not each.document["has_economy"]:
        return []
    lost = f"{told['loss_streak']} lost round" + ("s" if told["loss_streak"] > 1 else "")
    return [f"Loss bonus: your side gets ${told['loss_bonus']:,} if it loses the next round ({lost} on the counter)."]
