"""Following live matches: how far each observer's journal is folded, what it told, and what pages show meanwhile."""

from typing import ClassVar

from django.db import models

from offangle.db.models.accounts import SteamAccount, User
from offangle.db.models.matches import LIVE_STATES, Match, choices, one_of


class LiveObserver(models.Model):
    """A client whose posts are followed: the fold over its journal up to `cursor`."""

    steam_account = models.OneToOneField(
        SteamAccount, primary_key=True, on_delete=models.CASCADE, related_name="live_observer", db_column="steam_id"
    )
    state = models.BinaryField(help_text="The reducer's state as JSON in UTF-8")
    cursor = models.BigIntegerField(default=0, help_text="Id of the last post of the journal that is folded in")
    projected = models.CharField(max_length=64, blank=True, default="", help_text="Hash of what the rows were made of")
    posts_unread = models.PositiveIntegerField(default=0, help_text="Posts that could not be folded in")
    last_post_ns = models.BigIntegerField(default=0, help_text="When the last post arrived, nanoseconds since 1970")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """The journal counts from 1."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(cursor__gte=0), name="live_observer_cursor"),
        ]

    def __str__(self) -> str:
        return f"{self.steam_account} up to post {self.cursor}"


class LiveTrack(models.Model):
    """What one observer saw of one match from one (re)start to the next; the match's rows are made of its tracks."""

    steam_account = models.ForeignKey(
        SteamAccount, on_delete=models.CASCADE, related_name="live_tracks", db_column="steam_id"
    )
    session_sequence = models.BigIntegerField(help_text="Journal id of the first post of the stay on the server")
    epoch_index = models.PositiveSmallIntegerField(help_text="Restarts before it")
    match = models.ForeignKey(
        Match,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tracks",
        help_text="Null: its owner deleted the match, and it stays deleted",
    )
    home_match_id = models.UUIDField(help_text="The match it has when it is joined with no other")
    map_name = models.CharField(max_length=64)
    mode = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=choices(LIVE_STATES))
    begin_ns = models.BigIntegerField()
    end_ns = models.BigIntegerField()
    is_pinned = models.BooleanField(default=False, help_text="Somebody said which match it belongs to")
    document = models.BinaryField(help_text="The track as JSON in UTF-8")

    class Meta:
        """An observer sees an epoch once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["steam_account", "session_sequence", "epoch_index"], name="live_track_once"
            ),
            models.CheckConstraint(condition=models.Q(end_ns__gte=models.F("begin_ns")), name="live_track_span"),
            one_of("state", LIVE_STATES, "live_track_state"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["map_name", "begin_ns"]),
            models.Index(fields=["home_match_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.map_name} as {self.steam_account} saw it"


class LiveMove(models.Model):
    """A track that changed its match: what joins and splits did, so that each can be taken back."""

    class Why(models.TextChoices):
        """Who decided."""

        AGREED = "agreed", "The streams agree"
        CONTRADICTED = "contradicted", "The streams contradict each other"
        MERGED = "merged", "Merged by a person"
        SPLIT = "split", "Split by a person"

    track = models.ForeignKey(LiveTrack, on_delete=models.CASCADE, related_name="moves")
    from_match_id = models.UUIDField()
    to_match_id = models.UUIDField()
    why = models.CharField(max_length=16, choices=Why.choices)
    was_pinned = models.BooleanField(default=False)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    moved_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.track}: {self.why}"


class LiveSnapshot(models.Model):
    """How things stand for one observer now; replaced with every post."""

    steam_account = models.OneToOneField(
        SteamAccount, primary_key=True, on_delete=models.CASCADE, related_name="live_snapshot", db_column="steam_id"
    )
    match = models.ForeignKey(Match, null=True, blank=True, on_delete=models.SET_NULL, related_name="live_snapshots")
    sequence = models.BigIntegerField(help_text="Journal id of the post it shows")
    received_ns = models.BigIntegerField()
    document = models.JSONField()

    def __str__(self) -> str:
        return f"{self.steam_account} at post {self.sequence}"


class LiveEvent(models.Model):
    """Something that just happened, for pages that are open; kept for minutes."""

    id = models.BigAutoField(primary_key=True)
    steam_account = models.ForeignKey(
        SteamAccount, on_delete=models.CASCADE, related_name="+", db_column="steam_id", help_text="Whose client told it"
    )
    match = models.ForeignKey(Match, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    sequence = models.BigIntegerField(help_text="Journal id of the post that told it")
    created_at = models.DateTimeField(db_index=True)
    body = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.kind} in {self.match_id}"
