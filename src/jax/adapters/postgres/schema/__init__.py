"""The tables as SQLAlchemy sees them; migrations/ makes them, and a test compares the two."""
