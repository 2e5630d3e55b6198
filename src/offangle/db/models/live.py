"""Live play as it arrives: the tokens that let clients post, and the journal of what they posted."""

from typing import ClassVar

from django.db import models

from offangle.db.models.accounts import SteamAccount, User


class GsiToken(models.Model):
    """What a game client shows with each post; bound to one Steam account, shown once, kept as a hash."""

    steam_account = models.ForeignKey(
        SteamAccount, on_delete=models.CASCADE, related_name="gsi_tokens", db_column="steam_id"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="gsi_tokens")
    name = models.CharField(max_length=100)
    secret_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12, help_text="The first characters, so that its owner can tell it apart")
    former_hash = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_index=True,
        help_text="Of the secret before the present one, so that its owner can be told that a file is out of date",
    )
    generation = models.PositiveIntegerField(
        default=1, help_text="Counts its secrets: web processes notice a rotation by it"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To about a minute")

    class Meta:
        """Only a hash can be kept."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(secret_hash__regex=r"^[0-9a-f]{64}$"), name="gsi_token_hash"),  # noqa: S106 -- a pattern, no secret
            models.CheckConstraint(condition=models.Q(generation__gte=1), name="gsi_token_generation"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class GsiRefusal(models.Model):
    """The last post that was not taken: of a token, or of an account whose posts came with no token of ours."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="gsi_refusals")
    token = models.ForeignKey(GsiToken, null=True, blank=True, on_delete=models.CASCADE, related_name="refusals")
    steam_id = models.BigIntegerField(null=True, blank=True, help_text="Whose client it said it was")
    cause = models.CharField(max_length=32, help_text="As `gsi.refusals` calls it, or token_revoked, token_rotated")
    at = models.DateTimeField()

    class Meta:
        """One row per token; without one, per account."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["token"], condition=models.Q(token__isnull=False), name="gsi_refusal_of_token"
            ),
            models.UniqueConstraint(
                fields=["user", "steam_id"], condition=models.Q(token__isnull=True), name="gsi_refusal_of_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} at {self.at:%Y-%m-%d %H:%M}"


class GsiJournal(models.Model):
    """One post that was answered with 200, in the order of arrival; live state is a fold over these rows."""

    id = models.BigAutoField(primary_key=True)
    steam_id = models.BigIntegerField(help_text="Whose client sent it; not a key, the journal is the first to know")
    # Without an index of its own: with many clients it would touch a page per row of each commit, and tokens are
    # revoked rather than deleted.
    token = models.ForeignKey(
        GsiToken, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    received_ns = models.BigIntegerField(help_text="Nanoseconds since 1970, this machine's clock")
    provider_timestamp = models.IntegerField(help_text="The client's clock, whole seconds; 0 when it told none")
    body = models.BinaryField(help_text="The post as compact JSON in UTF-8, without its authentication")

    class Meta:
        """Read by observer, in order."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["steam_id", "id"], name="gsi_journal_observer")]

    def __str__(self) -> str:
        return f"post {self.pk} of {self.steam_id}"
