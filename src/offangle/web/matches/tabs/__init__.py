"""The tabs of a match page: adding one is a file here, a template of the same name and a line in `registry`."""
