"""Strategies that are registered in the environment, as sources."""
