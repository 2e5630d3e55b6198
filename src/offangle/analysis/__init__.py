"""Numbers: metrics and patterns, frames in, frames out."""
