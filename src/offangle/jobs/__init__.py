"""Tools: durable workflows."""
