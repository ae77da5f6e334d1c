"""What every service speaks HTTP with: guard, problems, numbers as text, the server itself."""
