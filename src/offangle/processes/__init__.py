"""Tools: child processes with limits."""
