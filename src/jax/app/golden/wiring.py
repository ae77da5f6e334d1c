"""The clock of the golden commands."""

from jax.adapters.system.system_clock import SystemClock
from jax.ports.clock import Clock


def clock() -> Clock:
    """The machine's."""
    return SystemClock()
