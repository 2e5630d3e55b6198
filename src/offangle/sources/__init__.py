"""Outside: where demos come from."""
