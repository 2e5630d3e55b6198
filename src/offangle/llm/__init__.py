"""Outside: model vendors."""
