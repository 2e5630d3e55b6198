"""What pages over many matches say, worked out once and kept."""
