"""Matches: the list, the tabs of one match, its tables."""
