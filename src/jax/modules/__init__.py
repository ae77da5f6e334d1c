"""What the system does: one use case a file."""
