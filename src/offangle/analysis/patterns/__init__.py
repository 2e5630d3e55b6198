"""Patterns over many matches: recorded and live rounds in one vocabulary, and what repeats in them."""
