"""Doors: pages and JSON API."""
