"""What pages over many matches say, worked out when it is asked for the first time and kept."""

from typing import ClassVar

from django.db import models

from offangle.db.models.accounts import SteamAccount


class PlayerSummary(models.Model):
    """A player over one set of matches.

    Whoever sees the same matches shares it; nobody can name the set without seeing every match of it.
    """

    steam_account = models.ForeignKey(SteamAccount, on_delete=models.CASCADE, related_name="summaries")
    fingerprint = models.CharField(max_length=64, help_text="Of the matches, as they were analysed, and of the words")
    match_ids = models.JSONField(help_text="The matches, in the order of their ids")
    document = models.JSONField(null=True, blank=True, help_text="Null: not worked out yet")
    asked_at = models.DateTimeField(help_text="Last; those that nobody asks for any more go")
    failure = models.TextField(blank=True, default="", help_text="Why it could not be worked out")
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One for each set of matches; old ones go by age."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["steam_account", "fingerprint"], name="player_summary_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["asked_at"])]

    def __str__(self) -> str:
        return f"{self.steam_account} over {len(self.match_ids)} matches"
