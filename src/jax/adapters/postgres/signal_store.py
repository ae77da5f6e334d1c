"""Signals in `trading.signal`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.rows import at_most, values_of
from jax.adapters.postgres.schema.trading_tables import signal as table
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.signal import SIGNAL_TRANSITIONS, Signal, SignalStatus
from jax.ports.errors import NotFound

_ADD = Statement(insert(table).on_conflict_do_nothing(index_elements=["signal_id"]))
_GET = Statement(
    select(table).where(table.c.signal_id == bindparam("with_id")).with_for_update(key_share=True)
)
_SAVE = Statement(
    update(table)
    .where(
        table.c.signal_id == bindparam("with_id"),
        table.c.status == func.any(bindparam("before", type_=ARRAY(Text))),
    )
    .values(
        status=bindparam("new_status"),
        decided_by=bindparam("new_decided_by"),
        decided_at=bindparam("new_decided_at"),
    )
)


class PostgresSignalStore:
    """Signals within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, signal: Signal) -> bool:
        return await self._session.change(_ADD, **values_of(signal)) == 1

    async def get(self, signal_id: str) -> Signal:
        rows = await self._session.rows(_GET, with_id=signal_id)
        if not rows:
            raise NotFound(f"There is no signal {signal_id}.")
        return Signal(**rows[0])

    async def save(self, signal: Signal) -> None:
        before = [old for old, following in SIGNAL_TRANSITIONS.items() if signal.status in following]
        saved = await self._session.change(
            _SAVE,
            with_id=signal.signal_id,
            before=before,
            new_status=signal.status,
            new_decided_by=signal.decided_by,
            new_decided_at=signal.decided_at,
        )
        if saved == 0:
            stored = await self.get(signal.signal_id)
            raise self._session.conflict(
                f"Signal {signal.signal_id} is {stored.status}: no step leads from there to {signal.status}."
            )

    async def close(self, signal_id: str, status: SignalStatus, *, by: str, at: datetime) -> None:
        if status not in SIGNAL_TRANSITIONS[SignalStatus.APPROVED]:
            raise self._session.conflict(f"No step leads a signal from APPROVED to {status}.")
        await self._session.write(
            _SAVE,
            with_id=signal_id,
            before=[SignalStatus.APPROVED],
            new_status=status,
            new_decided_by=by,
            new_decided_at=at,
        )

    async def list(self, *, status: SignalStatus | None = None, limit: int = 100) -> Sequence[Signal]:
        query = select(table).order_by(table.c.ts_event.desc(), table.c.signal_id).limit(at_most(limit))
        if status is not None:
            query = query.where(table.c.status == status)
        return [Signal(**row._mapping) for row in await self._session.execute(query)]
