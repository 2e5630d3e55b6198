"""Accounts: signing in and up, invitations, Steam, settings, tokens."""
