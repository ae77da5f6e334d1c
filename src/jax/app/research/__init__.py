"""jax-research: data, backtests, artifacts."""
