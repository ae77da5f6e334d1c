"""Which traders are running, in memory."""

from collections.abc import Sequence
from datetime import datetime

from jax.adapters.memory.session import Session
from jax.domain.running_trader import RunningTrader


class MemoryRunningTraders:
    """The reports within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def report(self, trader: RunningTrader) -> None:
        (await self._session.write()).running[trader.boot_id] = trader

    async def reported_after(self, moment: datetime) -> Sequence[RunningTrader]:
        stored = self._session.read().running
        return [trader for _, trader in sorted(stored.items()) if trader.reported_at > moment]
