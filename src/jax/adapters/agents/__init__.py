"""Agents over HTTP: asked, never obeyed."""
