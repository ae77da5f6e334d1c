"""jax demo: the whole way, from a backtest to a recorded trade."""
