"""Where matches come from, and how that went last."""
