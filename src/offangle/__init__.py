"""Offangle turns Counter-Strike 2 play into insight."""
