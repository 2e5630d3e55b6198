"""Words: digest, report text, verification."""
