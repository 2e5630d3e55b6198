"""Numbers: perspectives of one match."""
