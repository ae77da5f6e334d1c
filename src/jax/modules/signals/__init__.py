"""From bars to signals."""
