"""Start: the web process."""
