"""Connecting a game: waiting for its first post."""
