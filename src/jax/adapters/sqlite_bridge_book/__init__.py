"""The bridge's book as one SQLite file."""
