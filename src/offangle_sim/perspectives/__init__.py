"""What every client showed at every frame, and where that was not what the server decided."""
