"""Which traders are running, and what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from jax.domain.running_trader import RunningTrader


class RunningTraders(Protocol):
    """The newest word of each process, by its boot id."""

    async def report(self, trader: RunningTrader) -> None:
        """Stores what a process says of itself in place of what it said before."""
        ...

    async def reported_after(self, moment: datetime) -> Sequence[RunningTrader]:
        """The processes whose newest word is younger than `moment`, by boot id."""
        ...
