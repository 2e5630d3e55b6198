"""Live matches as they are played, and overlays."""
