"""Matches, their rounds, who observed them and what was computed."""

import uuid
from typing import ClassVar

from django.db import models

from offangle.core.sides import SIDES, TEAMS
from offangle.core.terms import END_REASONS, ROUND_KINDS, SOURCES, TEAM_BUYS
from offangle.db.models.accounts import SteamAccount, User
from offangle.db.models.files import Build, Demo


def choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Django choices of a closed vocabulary."""
    return [(value, value) for value in values]


def one_of(field: str, values: tuple[str, ...], name: str) -> models.CheckConstraint:
    """The database itself refuses any other word in `field`; null stays allowed where the column is nullable."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}), name=name)


LIVE_STATES = ("live", "left", "finished", "aborted")
"""Of a match known from clients: under way, its observers left, played to its end, restarted by the server."""


class Match(models.Model):
    """One match as published: readers see either the whole of it or nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    demo = models.OneToOneField(Demo, null=True, blank=True, on_delete=models.SET_NULL, related_name="match")
    source = models.CharField(max_length=32, choices=choices(SOURCES))
    map_name = models.CharField(max_length=64)
    game_mode = models.CharField(max_length=32, blank=True, default="")
    server_name = models.CharField(max_length=200, blank=True, default="")
    played_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField()
    duration_s = models.FloatField(null=True, blank=True)
    tick_rate = models.FloatField()
    team_a_name = models.CharField(max_length=100, blank=True, default="")
    team_b_name = models.CharField(max_length=100, blank=True, default="")
    score_a = models.PositiveSmallIntegerField(default=0)
    score_b = models.PositiveSmallIntegerField(default=0)
    rounds_played = models.PositiveSmallIntegerField(default=0)
    is_simulated = models.BooleanField(default=False)
    pipeline_version = models.CharField(max_length=64)
    build = models.ForeignKey(
        Build,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose tables belong to these rows; null: a live match, which has none",
    )
    checks_failed = models.PositiveSmallIntegerField(default=0)
    edits = models.JSONField(default=dict, blank=True, help_text="Columns that its owner has corrected")
    live_state = models.CharField(
        max_length=16, choices=choices(LIVE_STATES), null=True, blank=True, help_text="Null: a recording"
    )
    superseded_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="supersedes",
        help_text="The same match as told by a demo, or with other observers; this one is listed no more",
    )

    class Meta:
        """Listed newest first and filtered by map."""

        verbose_name_plural = "matches"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-played_at", "-published_at"]),
            models.Index(fields=["map_name"]),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            one_of("source", SOURCES, "match_source"),
            one_of("live_state", LIVE_STATES, "match_live_state"),
            models.CheckConstraint(
                condition=~models.Q(superseded_by=models.F("id")), name="match_not_its_own_successor"
            ),
            models.CheckConstraint(condition=models.Q(tick_rate__gt=0), name="match_tick_rate"),
        ]

    def __str__(self) -> str:
        return f"{self.map_name} {self.score_a}:{self.score_b}{' (simulated)' if self.is_simulated else ''}"


class Observation(models.Model):
    """Who brought a match to Offangle: this user may see and delete it."""

    class Kind(models.TextChoices):
        """How the match was observed."""

        DEMO = "demo", "Demo"
        GSI = "gsi", "Live client"
        POV = "pov", "Client recording"

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="observations")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="observations")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.DEMO)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """A user observes a match once in each way."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["match", "user", "kind"], name="observation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} observed {self.match}"


class Round(models.Model):
    """One counted round; excluded rounds stay in the match's parquet tables."""

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16, choices=choices(ROUND_KINDS))
    half = models.PositiveSmallIntegerField()
    start_tick = models.IntegerField()
    freeze_end_tick = models.IntegerField(null=True, blank=True)
    end_tick = models.IntegerField(null=True, blank=True)
    team_a_side = models.CharField(max_length=2, choices=choices(SIDES), null=True, blank=True)
    winner_side = models.CharField(max_length=2, choices=choices(SIDES), null=True, blank=True)
    winner_team = models.CharField(max_length=1, choices=choices(TEAMS), null=True, blank=True)
    reason = models.CharField(max_length=32, choices=choices(END_REASONS))
    duration_s = models.FloatField(null=True, blank=True)
    t_buy = models.CharField(max_length=16, choices=choices(TEAM_BUYS), null=True, blank=True)
    ct_buy = models.CharField(max_length=16, choices=choices(TEAM_BUYS), null=True, blank=True)

    class Meta:
        """A round is known by its match and number."""

        ordering: ClassVar[list[str]] = ["match", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["match", "number"], name="round_number_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="round_number_counted"),
            one_of("winner_side", SIDES, "round_winner_side"),
            one_of("winner_team", TEAMS, "round_winner_team"),
            one_of("reason", END_REASONS, "round_reason"),
            one_of("kind", ROUND_KINDS, "round_kind"),
        ]

    def __str__(self) -> str:
        return f"round {self.number} of {self.match}"


class Analysis(models.Model):
    """What was computed for a match, by which versions, and how it reconciled."""

    match = models.OneToOneField(Match, on_delete=models.CASCADE, related_name="analysis")
    pipeline_version = models.CharField(max_length=64)
    parsers = models.JSONField(help_text="[{name, version, role}]")
    checks = models.JSONField(help_text="[{name, label, ok, expected, found, detail}]")
    computed_at = models.DateTimeField(auto_now=True)
    live_difference = models.JSONField(
        null=True, blank=True, help_text="How far live figures differed: {matches, score, rounds, players}; null: none"
    )

    def __str__(self) -> str:
        return f"analysis of {self.match} by {self.pipeline_version}"


__all__ = ["Analysis", "Match", "Observation", "Round", "SteamAccount", "choices", "one_of"]
