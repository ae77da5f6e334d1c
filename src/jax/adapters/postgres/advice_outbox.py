"""Requests for advice, left in `advice.request` by whatever transaction makes a signal."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.rows import arrays_of, left_open
from jax.adapters.postgres.schema.advice_tables import request as table
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.advice_request import AdviceRequest
from jax.domain.value_document import text_of

_GIVEN = left_open(table, without={"finished_at"})
# Without a target, for which the trader would have to be allowed to read what was asked.
_ADD_ALL = Statement(
    insert(table).from_select([c.name for c in _GIVEN.c], select(_GIVEN)).on_conflict_do_nothing()
)


class PostgresAdviceOutbox:
    """The outbox within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, request: AdviceRequest) -> bool:
        return await self.add_all([request]) == 1

    async def add_all(self, requests: Sequence[AdviceRequest]) -> int:
        if not requests:
            return 0
        rows = [
            {
                "run_id": request.run_id,
                "signal_id": request.signal_id,
                "document": text_of(request),
                "asked_at": request.asked_at,
            }
            for request in requests
        ]
        return await self._session.change(_ADD_ALL, **arrays_of(rows))
