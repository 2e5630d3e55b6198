"""Numbers: the GSI reducer, (state, event) -> state."""
