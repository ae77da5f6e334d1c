"""Requests for advice, left in `advice.request` by whatever transaction makes a signal."""

from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.schema.advice_tables import request as table
from jax.adapters.postgres.session import Session
from jax.domain.advice_request import AdviceRequest
from jax.domain.value_document import text_of


class PostgresAdviceOutbox:
    """The outbox within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, request: AdviceRequest) -> bool:
        # Without a target, for which the trader would have to be allowed to read what was asked.
        adding = insert(table).on_conflict_do_nothing()
        stored = adding.values(
            run_id=request.run_id,
            signal_id=request.signal_id,
            document=text_of(request),
            asked_at=request.asked_at,
        )
        return await self._session.change(stored) == 1
