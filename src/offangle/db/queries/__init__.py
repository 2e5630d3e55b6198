"""Every query that more than one caller needs, by subject."""
