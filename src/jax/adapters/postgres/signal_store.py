"""Signals in `trading.signal`."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.rows import at_most, values_of
from jax.adapters.postgres.schema.trading_tables import signal as table
from jax.adapters.postgres.session import Session
from jax.domain.signal import SIGNAL_TRANSITIONS, Signal, SignalStatus
from jax.ports.errors import NotFound


class PostgresSignalStore:
    """Signals within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, signal: Signal) -> bool:
        adding = (
            insert(table).values(**values_of(signal)).on_conflict_do_nothing(index_elements=["signal_id"])
        )
        return (await self._session.execute(adding)).rowcount == 1

    async def get(self, signal_id: str) -> Signal:
        query = select(table).where(table.c.signal_id == signal_id).with_for_update(key_share=True)
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise NotFound(f"There is no signal {signal_id}.")
        return Signal(**row._mapping)

    async def save(self, signal: Signal) -> None:
        before = [old for old, following in SIGNAL_TRANSITIONS.items() if signal.status in following]
        step = (
            update(table)
            .where(table.c.signal_id == signal.signal_id, table.c.status.in_(before))
            .values(status=signal.status, decided_by=signal.decided_by, decided_at=signal.decided_at)
        )
        if (await self._session.execute(step)).rowcount == 0:
            stored = await self.get(signal.signal_id)
            raise self._session.conflict(
                f"Signal {signal.signal_id} is {stored.status}: no step leads from there to {signal.status}."
            )

    async def list(self, *, status: SignalStatus | None = None, limit: int = 100) -> Sequence[Signal]:
        query = select(table).order_by(table.c.ts_event.desc(), table.c.signal_id).limit(at_most(limit))
        if status is not None:
            query = query.where(table.c.status == status)
        return [Signal(**row._mapping) for row in await self._session.execute(query)]
