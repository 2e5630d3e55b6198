"""Doors: the ingest endpoint."""
