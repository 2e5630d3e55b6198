"""Outside: the simulator."""
