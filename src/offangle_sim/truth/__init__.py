"""What really happened in a match, as the tables that an import has."""
