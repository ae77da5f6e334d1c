"""`python -m jax.app.bridge` is `ib-bridge`."""

from jax.app.bridge.cli import main

main()
