"""Match files and how they came."""

import uuid
from typing import ClassVar

from django.db import models

from offangle.db.models.accounts import User


class Demo(models.Model):
    """A match file, known by the hash of its content: the same bytes are one row, whoever brings them."""

    class Kind(models.TextChoices):
        """What the file is."""

        DEMO = "demo", "CS2 demo"
        MATCH_ZIP = "match_zip", "Match archive"

    class State(models.TextChoices):
        """Where the file stands; the job behind it knows the details."""

        STORED = "stored", "Stored"
        QUEUED = "queued", "Queued"
        PROCESSING = "processing", "Processing"
        PUBLISHED = "published", "Published"
        FAILED = "failed", "Failed"
        DELETING = "deleting", "Being deleted"

    sha256 = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    object_key = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField(help_text="Decompressed")
    stored_bytes = models.BigIntegerField(help_text="As stored")
    original_name = models.CharField(max_length=255)
    stored_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.STORED)
    job_id = models.CharField(max_length=200, blank=True, default="", help_text="Empty: the sweep will enqueue it")
    pipeline_version = models.CharField(max_length=64, blank=True, default="", help_text="That last finished with it")
    failure = models.TextField(blank=True, default="", help_text="Why it failed, for people")
    failure_hint = models.TextField(blank=True, default="")
    failure_is_permanent = models.BooleanField(default=False)

    class Meta:
        """Found by state, for the sweep and the jobs page."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "stored_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(size_bytes__gte=0, stored_bytes__gte=0), name="demo_sizes"),
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="demo_sha256"),
        ]

    def __str__(self) -> str:
        return self.original_name


class Build(models.Model):
    """The tables that one run of the pipeline made of a file: written once, read by whoever opened them, then removed.

    Its row comes before its first object and goes after its last, so that no object is ever without one for long. A
    match points at the build that counts. `retired_at` begins the time that readers have to finish with an older one.
    """

    demo = models.ForeignKey(Demo, on_delete=models.CASCADE, related_name="builds")
    name = models.CharField(
        max_length=16, blank=True, default="", help_text="Part of its objects' keys; empty: from before builds"
    )
    partition = models.CharField(max_length=64, help_text="The map's name in its objects' keys, whatever rule made it")
    tables = models.JSONField(default=list, help_text="Names of the parquet tables that it has, or will have")
    pipeline_version = models.CharField(max_length=64)
    job_id = models.CharField(max_length=200, blank=True, default="", help_text="Of the job that makes it")
    begun_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A name means one build of a file; those that nobody needs are found by age."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["retired_at", "published_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["demo", "name"], name="build_name_once"),
        ]

    def __str__(self) -> str:
        return f"build {self.name} of {self.demo}"


class ImportRecord(models.Model):
    """One file that one user brought; kept also when it was refused, with the reason.

    A sample is asked for before it exists: until then it has neither a file nor an error.
    """

    class Source(models.TextChoices):
        """How it came: those that code speaks of by name. The registry of sources knows them all."""

        UPLOAD = "upload", "Upload"
        API = "api", "API"
        CLI = "cli", "Command line"
        SAMPLE = "sample", "Sample"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="imports")
    source = models.CharField(max_length=16, help_text="As the registry of sources names it, or `sample`")
    original_name = models.CharField(max_length=255)
    received_at = models.DateTimeField(auto_now_add=True)
    demo = models.ForeignKey(Demo, null=True, blank=True, on_delete=models.CASCADE, related_name="imports")
    is_duplicate = models.BooleanField(default=False, help_text="The same bytes were here before")
    error = models.TextField(blank=True, default="")
    error_hint = models.TextField(blank=True, default="")

    class Meta:
        """Newest first, per user, who waits for one sample at most."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "-received_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"],
                name="import_one_sample_at_once",
                condition=models.Q(source="sample", demo=None, error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.original_name} by {self.user}"
