"""People, their Steam accounts and what lets them in."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


class User(AbstractUser):
    """A person who signs in. The instance's owner is the superuser."""

    time_zone = models.CharField(max_length=64, blank=True, default="", help_text="IANA name; empty: the browser's")
    live_hints = models.BooleanField(default=False, help_text="Hints from the own history on live pages")

    class Meta(AbstractUser.Meta):
        """Names and addresses are one person's, whatever the case."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("username"), name="user_username_ci_unique"),
            models.UniqueConstraint(Lower("email"), name="user_email_ci_unique", condition=~models.Q(email="")),
        ]


class SteamAccount(models.Model):
    """A Steam identity seen in a match or claimed by a user; bots carry negative ids."""

    steam_id = models.BigIntegerField(primary_key=True)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="steam_accounts")
    last_name = models.CharField(max_length=128, blank=True, default="", help_text="As last seen in a match")
    claimed_at = models.DateTimeField(null=True, blank=True)
    proven_at = models.DateTimeField(
        null=True, blank=True, help_text="When its user signed in through Steam; a claim without proof lets nobody in"
    )

    def __str__(self) -> str:
        return self.last_name or str(self.steam_id)

    @property
    def is_bot(self) -> bool:
        """Whether this is a bot's slot rather than a person."""
        return self.steam_id <= 0


class SignInLink(models.Model):
    """A link that signs its user in once; only the hash of its secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user}"


class Invitation(models.Model):
    """A link with which one person may make an account; only the hash of its secret is kept."""

    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    note = models.CharField(max_length=100, blank=True, default="", help_text="Whom it is for")
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"invitation {self.note}" if self.note else f"invitation {self.pk}"


class AttemptCounter(models.Model):
    """How often something was tried lately, by whom is not told: the key is a hash."""

    key = models.CharField(max_length=64, primary_key=True)
    began_at = models.DateTimeField(db_index=True, help_text="When the counting began anew")
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.count} attempts"


class OpenIdNonce(models.Model):
    """A statement of Steam's that was used: it works no second time."""

    nonce_hash = models.CharField(max_length=64, primary_key=True)
    used_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.nonce_hash


class ApiToken(models.Model):
    """A secret for programs; shown once, kept as a hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    secret_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12, help_text="The first characters, so that its owner can tell it apart")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class OverlayLink(models.Model):
    """An address for streaming software that shows its owner's live match; shown once, kept as a hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="overlay_links")
    name = models.CharField(max_length=100)
    secret_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12, help_text="The first characters, so that its owner can tell it apart")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Notification(models.Model):
    """Something a user should hear of."""

    class Kind(models.TextChoices):
        """What happened."""

        MATCH_PUBLISHED = "match_published", "Match ready"
        IMPORT_FAILED = "import_failed", "Import failed"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=32, choices=Kind.choices)
    subject = models.CharField(max_length=64, help_text="Id of the match or the import")
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Each thing is told to a user once, however often its job runs."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "kind", "subject"], name="notification_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return self.text
