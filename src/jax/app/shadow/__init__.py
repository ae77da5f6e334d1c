"""jax-shadow: compares decisions with an older executor."""
