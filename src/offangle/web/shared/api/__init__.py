"""What every feature's API stands on: who asks, pages of lists, problems, values."""
