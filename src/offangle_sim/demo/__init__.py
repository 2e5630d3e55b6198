"""Writes Counter-Strike 2 recordings (`.dem`) from nothing, with the truth of everything that was written."""
