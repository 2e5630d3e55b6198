"""Accounts, sign-in, invitations, tokens of game clients."""
