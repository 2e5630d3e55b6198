"""Players: the list, a player's figures, patterns, weapons and economy."""
