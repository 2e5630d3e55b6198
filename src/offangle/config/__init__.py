"""Wiring: typed settings, read once."""
