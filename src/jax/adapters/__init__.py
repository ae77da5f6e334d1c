"""How the world is reached."""
