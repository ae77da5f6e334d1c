"""From a signal to at most one order."""
