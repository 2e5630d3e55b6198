"""Start: the command line."""
