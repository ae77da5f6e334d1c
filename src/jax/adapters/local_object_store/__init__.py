"""Immutable objects in a folder of this machine."""
