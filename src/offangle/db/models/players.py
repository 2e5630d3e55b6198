"""What players did: per match, per round, per weapon."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

from offangle.analysis.metrics.metric import Metric
from offangle.analysis.registry import PROMOTED
from offangle.core.sides import SIDES, TEAMS
from offangle.core.terms import PLAYER_BUYS
from offangle.db.models.accounts import SteamAccount
from offangle.db.models.matches import Match, Round, choices, one_of

STAT_SIDES = ("all", *SIDES)
HEALTH_MAX = 100
ARMOR_MAX = 100
MONEY_MAX = 16_000


class PlayerMatchStat(models.Model):
    """A player's figures in a match: one row over both sides (`all`) and one per side.

    Promoted metrics are columns of their own, see below; null where nobody could know.
    """

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="player_stats")
    steam_account = models.ForeignKey(
        SteamAccount, on_delete=models.CASCADE, related_name="match_stats", db_column="steam_id"
    )
    side = models.CharField(max_length=3, choices=choices(STAT_SIDES))
    team = models.CharField(max_length=1, choices=choices(TEAMS), null=True, blank=True)
    name = models.CharField(max_length=128, help_text="As in this match")
    metrics = models.JSONField(default=dict, help_text="Every metric of the registry by name")

    class Meta:
        """One row per player, match and side."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["match", "steam_account", "side"], name="player_match_stat_once"),
            one_of("side", STAT_SIDES, "player_match_stat_side"),
            models.CheckConstraint(
                condition=models.Q(kills__gte=0, deaths__gte=0, assists__gte=0, damage__gte=0),
                name="player_match_stat_counts",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["steam_account", "side"])]

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # promoted metrics

    def __str__(self) -> str:
        return f"{self.name} in {self.match} ({self.side})"


def metric_field(metric: Metric) -> "models.Field[Any, Any]":
    """The column of a promoted metric."""
    field = models.IntegerField if metric.is_whole else models.FloatField
    return field(null=True, blank=True)  # what it means is said by the registry; words need no migration


for _metric in PROMOTED:
    PlayerMatchStat.add_to_class(_metric.name, metric_field(_metric))


class Weapon(models.Model):
    """A weapon: seeded from the current list; unknown names are added when seen, never dropped."""

    name = models.CharField(max_length=64, primary_key=True)
    weapon_class = models.CharField(max_length=16, default="unknown")
    price = models.PositiveIntegerField(null=True, blank=True)
    kill_reward = models.PositiveIntegerField(null=True, blank=True)
    display_name = models.CharField(max_length=64, blank=True, default="", help_text="Empty: a weapon no list holds")
    max_speed_u = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Running speed with it in hand, units per second"
    )
    clip_size = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Cartridges; null: it has no clip")

    def __str__(self) -> str:
        return self.name


class PlayerRoundState(models.Model):
    """A player in a round: the state at freeze end (demos: one row) or at each received observation (live)."""

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="player_round_states")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="player_states")
    steam_account = models.ForeignKey(
        SteamAccount, on_delete=models.CASCADE, related_name="round_states", db_column="steam_id"
    )
    received_order = models.PositiveBigIntegerField(
        default=0, help_text="0 for demos; for live data the journal id of the post that told of the freeze end"
    )
    side = models.CharField(max_length=2, choices=choices(SIDES))
    health = models.PositiveSmallIntegerField(null=True, blank=True)
    armor = models.PositiveSmallIntegerField(null=True, blank=True)
    has_helmet = models.BooleanField(null=True, blank=True)
    has_defuse_kit = models.BooleanField(null=True, blank=True)
    money = models.PositiveIntegerField(null=True, blank=True)
    equipment_value = models.PositiveIntegerField(null=True, blank=True)
    buy = models.CharField(max_length=16, choices=choices(PLAYER_BUYS), null=True, blank=True)
    kills = models.PositiveSmallIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    assists = models.PositiveSmallIntegerField(default=0)
    headshot_kills = models.PositiveSmallIntegerField(default=0)
    damage = models.PositiveIntegerField(default=0)
    survived = models.BooleanField(null=True, blank=True)
    played = models.BooleanField(default=True, help_text="On the side at freeze end: what denominators count")
    opening_kill = models.BooleanField(null=True, blank=True, help_text="Null: live clients are not told")
    opening_death = models.BooleanField(null=True, blank=True)

    class Meta:
        """The game's own bounds are held by the database."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["match", "round", "steam_account", "received_order"], name="player_round_state_once"
            ),
            models.CheckConstraint(condition=models.Q(health__lte=HEALTH_MAX), name="player_round_state_health"),
            models.CheckConstraint(condition=models.Q(armor__lte=ARMOR_MAX), name="player_round_state_armor"),
            models.CheckConstraint(condition=models.Q(money__lte=MONEY_MAX), name="player_round_state_money"),
            one_of("side", SIDES, "player_round_state_side"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["steam_account", "match"])]

    def __str__(self) -> str:
        return f"{self.steam_account} in {self.round}"


class PlayerWeapon(models.Model):
    """A weapon in a player's hands in a round, and what came of it."""

    state = models.ForeignKey(PlayerRoundState, on_delete=models.CASCADE, related_name="weapons")
    weapon = models.ForeignKey(Weapon, on_delete=models.PROTECT, related_name="uses")
    shots = models.PositiveIntegerField(default=0)
    kills = models.PositiveSmallIntegerField(default=0)
    headshot_kills = models.PositiveSmallIntegerField(default=0)
    damage = models.PositiveIntegerField(default=0)
    was_active = models.BooleanField(
        null=True, blank=True, help_text="In hand while the round was live; null: written before this was kept"
    )
    active_s = models.FloatField(null=True, blank=True, help_text="Time in hand, alive, while the round was live")
    unsure_kills = models.PositiveSmallIntegerField(
        default=0, help_text="Of the kills, those whose weapon is known with low confidence or not"
    )

    class Meta:
        """One row per weapon and player state."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["state", "weapon"], name="player_weapon_once"),
        ]

    def __str__(self) -> str:
        return f"{self.weapon_id} of {self.state}"
