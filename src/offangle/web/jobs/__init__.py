"""Jobs: the list, its buttons, and their news as it happens."""
