"""The sources: adding one is a file and a line here."""

from typing import Final

from offangle.sources.folder import FOLDER
from offangle.sources.source import SourceEntry
from offangle.sources.upload import API, UPLOAD

SOURCES: Final[tuple[SourceEntry, ...]] = (UPLOAD, API, FOLDER)
