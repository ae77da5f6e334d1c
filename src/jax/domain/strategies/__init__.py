"""The strategies that Jax ships; others register through the entry-point group `jax.strategies`."""
