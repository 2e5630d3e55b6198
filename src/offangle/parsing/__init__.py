"""Outside: match files to frames."""
