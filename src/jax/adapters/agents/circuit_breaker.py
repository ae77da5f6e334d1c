"""Leaves alone whoever has failed several times in a row."""

from dataclasses import dataclass

from jax.ports.clock import Clock
from jax.ports.errors import Unavailable


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """After `failures` (at least 1) in a row nobody is asked for `rest_seconds`."""

    failures: int = 3
    rest_seconds: float = 30.0


class CircuitBreaker:
    """Closed while it works; open for a rest; then one is let through, whose outcome decides."""

    def __init__(self, name: str, clock: Clock, limits: BreakerLimits) -> None:
        self._name = name
        self._clock = clock
        self._limits = limits
        self._failures = 0
        self._opened_ns: int | None = None
        self._probing = False

    def enter(self) -> bool:
        """Whether this is the one that is let through to try; Unavailable during the rest."""
        if self._opened_ns is None:
            return False
        rested = (self._clock.monotonic_ns() - self._opened_ns) / 1e9
        if self._probing or not (rested >= self._limits.rest_seconds):
            raise Unavailable(
                f"{self._name} has failed {self._failures} times in a row and is left alone for "
                f"{self._limits.rest_seconds:.0f} seconds"
            )
        self._probing = True
        return True

    def succeeded(self) -> None:
        """It works (again)."""
        self._failures, self._opened_ns, self._probing = 0, None, False

    def failed(self) -> None:
        """It did not; from the limit on, or when it was the one to try, the rest begins anew."""
        self._failures += 1
        if self._probing or self._failures >= self._limits.failures:
            self._opened_ns, self._probing = self._clock.monotonic_ns(), False

    def left(self) -> None:
        """Nobody waited for the outcome: the next may try."""
        self._probing = False
