"""Requests for advice and their runs, in `advice.request` and `advice.run`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, Select, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.advice_outbox import PostgresAdviceOutbox
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.rows import at_most
from jax.adapters.postgres.schema.advice_tables import request as requests
from jax.adapters.postgres.schema.advice_tables import run as runs
from jax.adapters.postgres.schema.trading_tables import signal as signals
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.unit_of_work import open_session
from jax.domain.advice_request import AdviceRequest, SignalFacts
from jax.domain.advice_run import AdviceRun, AskedAdvice
from jax.domain.value_document import text_of, value_from
from jax.ports.errors import Conflict, NotFound

_ASKED = select(
    requests.c.run_id, requests.c.document.label("request"), runs.c.document.label("run")
).outerjoin_from(requests, runs, requests.c.run_id == runs.c.run_id)
_FACTS = select(*(signals.c[field] for field in SignalFacts.__dataclass_fields__))


class PostgresAdviceStore:
    """A taken request is a locked row, which Postgres lets go with the connection, whoever ends.

    The run is stored in the transaction that holds the lock, so that who has lost the lock cannot store.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    async def ask(self, request: AdviceRequest) -> bool:
        async with open_session(self._database) as session:
            added = await PostgresAdviceOutbox(session).add(request)
            await session.commit()
        return added

    @asynccontextmanager
    async def take(self) -> AsyncIterator["_Taken | None"]:
        oldest = (
            select(requests.c.document)
            .where(requests.c.finished_at.is_(None))
            .order_by(requests.c.asked_at, requests.c.run_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with open_session(self._database) as session:
            document = (await session.execute(oldest)).scalar_one_or_none()
            yield None if document is None else _Taken(session, value_from(AdviceRequest, document))

    async def get(self, run_id: str) -> AskedAdvice:
        row = await self._row(_ASKED.where(requests.c.run_id == run_id))
        if row is None:
            raise NotFound(f"There is no request for advice {run_id}.")
        return _asked(row)

    async def page(self, *, before: str | None = None, limit: int = 50) -> Sequence[AskedAdvice]:
        query = _ASKED.order_by(requests.c.asked_at.desc(), requests.c.run_id).limit(at_most(limit))
        if before is not None:
            last = (await self.get(before)).request
            older = requests.c.asked_at < last.asked_at
            beside = tuple_(requests.c.asked_at, requests.c.run_id) > tuple_(last.asked_at, last.run_id)
            query = query.where(older | (beside & (requests.c.asked_at == last.asked_at)))
        async with open_session(self._database) as session:
            return [_asked(row) for row in await session.execute(query)]

    async def signal(self, signal_id: str) -> SignalFacts:
        row = await self._row(_FACTS.where(signals.c.signal_id == signal_id))
        if row is None:
            raise NotFound(f"There is no signal {signal_id}.")
        return SignalFacts(**row._mapping)

    async def _row(self, query: Select[Any]) -> Row[Any] | None:
        async with open_session(self._database) as session:
            return (await session.execute(query)).one_or_none()


class _Taken:
    """A request whose row this session has locked."""

    def __init__(self, session: Session, request: AdviceRequest) -> None:
        self._session = session
        self.request = request

    async def store(self, run: AdviceRun) -> None:
        if run.run_id != self.request.run_id:
            raise Conflict(f"Run {run.run_id} does not answer request {self.request.run_id}.")
        await self._session.change(insert(runs).values(run_id=run.run_id, document=text_of(run)))
        finished = update(requests).where(requests.c.run_id == run.run_id).values(finished_at=run.finished_at)
        await self._session.change(finished)
        await self._session.commit()


def _asked(row: Row[Any]) -> AskedAdvice:
    request: AdviceRequest = value_from(AdviceRequest, row.request)
    return AskedAdvice(request, None if row.run is None else value_from(AdviceRun, row.run))
