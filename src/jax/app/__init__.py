"""Composition roots: the only places that name adapters."""
