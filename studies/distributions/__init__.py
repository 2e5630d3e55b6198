"""Simulated matches beside real ones: how alike their distributions are."""
