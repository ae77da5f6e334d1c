"""jax-trader: loads what is approved, decides, executes."""
