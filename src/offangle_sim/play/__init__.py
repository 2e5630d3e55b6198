"""Plays matches: ten agents of different skill, by the game's rules."""
