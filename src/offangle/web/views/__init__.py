"""One file per subject; each view reads, calls a use case or a query, and renders."""
