"""How things stand with the places that match files come from."""

from typing import ClassVar

from django.db import models

from offangle.db.models.accounts import User


class SourceState(models.Model):
    """One source for one account of one user: where the next search goes on, and how the last one went."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sources")
    source = models.CharField(max_length=16, help_text="As the registry of sources names it")
    account = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Empty: the source knows no accounts"
    )
    cursor = models.TextField(blank=True, default="", db_default="", help_text="Where the next search goes on")
    last_seen_at = models.DateTimeField(null=True, blank=True, help_text="When it last did what it was asked")
    last_error = models.TextField(blank=True, default="", db_default="", help_text="Empty: the last visit went well")
    last_error_hint = models.TextField(blank=True, default="", db_default="")
    failures = models.PositiveIntegerField(default=0, db_default=0, help_text="Visits in a row that went wrong")
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    is_halted = models.BooleanField(default=False, db_default=False, help_text="Nobody asks until somebody changes it")

    class Meta:
        """Each once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "source", "account"], name="source_state_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} of {self.user}"
