"""Which pipeline made a result: a newer one re-runs every match from its stored file."""

from importlib.metadata import version
from typing import Final

PIPELINE_REVISION: Final = 3
"""Raise it when the same file would give other rows or tables: a new metric, a changed definition, a mended adapter."""

PIPELINE_VERSION: Final = f"{PIPELINE_REVISION}-awpy{version('awpy')}-demoparser{version('demoparser2')}"
"""Our revision and the parsers' versions: part of job ids and storage keys, kept with every result."""
