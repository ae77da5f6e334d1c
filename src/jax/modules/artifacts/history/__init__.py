"""Checks of what the gate has recorded, each against the chain, the root file and the others."""
