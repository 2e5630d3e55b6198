"""The ingest of game clients' posts, wired."""

import os

import offangle.bootstrap.framework  # noqa: F401 -- sets Django up, which everything below rests on
from offangle.gsi.committer import GroupCommitter
from offangle.gsi.endpoint import GsiEndpoint
from offangle.gsi.journal import JournalWriter
from offangle.gsi.metrics import Metrics
from offangle.gsi.refusals import REFUSALS
from offangle.gsi.tokens import TokenCache


def build_ingest() -> GsiEndpoint:
    """The endpoint of one process; its server starts and stops it."""
    metrics = Metrics(tuple(refusal.cause for refusal in REFUSALS), process=str(os.getpid()))
    return GsiEndpoint(TokenCache(), GroupCommitter(JournalWriter(), metrics.note_commit), metrics)
