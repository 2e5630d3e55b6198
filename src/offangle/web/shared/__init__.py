"""What every feature's pages use: who asks, problems, words, static files, streaming."""
