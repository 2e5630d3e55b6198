"""A match to look at for those who have none."""
