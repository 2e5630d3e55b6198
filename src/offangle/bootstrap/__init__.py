"""Wiring: the only place that builds real adapters."""
