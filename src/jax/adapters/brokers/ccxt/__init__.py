"""Venues that ccxt knows: crypto exchanges, spot only."""
