"""The metrics of a player, one file per group."""
