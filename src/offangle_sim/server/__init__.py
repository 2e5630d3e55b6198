"""The match as the server has it: who is there, what they hold, rounds and score; and who is told of it."""
