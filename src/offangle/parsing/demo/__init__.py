"""`.dem` recordings: awpy reads them, demoparser2 completes what awpy has no value for."""
