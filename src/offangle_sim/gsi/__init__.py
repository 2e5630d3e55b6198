"""Live clients: what the game of each player posts while a match is recorded, and many of them against a server."""
