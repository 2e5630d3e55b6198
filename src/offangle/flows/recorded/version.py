"""Which pipeline made a result: a newer one re-runs every match from its stored file."""

from importlib.metadata import version
from typing import Final

PIPELINE_REVISION: Final = 5
"""Raise it when the same file would give other rows or tables: a new metric, a changed definition, a mended adapter;
and when a job has other steps: a job under way then hands over to one of the new version."""

PIPELINE_VERSION: Final = f"{PIPELINE_REVISION}-awpy{version('awpy')}-demoparser{version('demoparser2')}"
"""Our revision and the parsers' versions: part of job ids, kept with every result."""
