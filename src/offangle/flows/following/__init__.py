"""Following live matches: posts to rows."""
