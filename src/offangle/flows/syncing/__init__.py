"""Bringing match files in from wherever they are."""
