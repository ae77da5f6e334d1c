"""`python -m jax.app.trader` is `jax-trader`."""

from jax.app.trader.cli import main

main()
