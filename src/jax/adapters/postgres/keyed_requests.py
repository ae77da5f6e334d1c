"""Requests under keys of their callers, in `trading.keyed_request`."""

from typing import Final

from sqlalchemy import bindparam, insert, select

from jax.adapters.postgres.rows import values_of
from jax.adapters.postgres.schema.trading_tables import keyed_request as table
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.keyed_request import KeyedRequest, parsed_denial, spelled_denial

_FIND: Final = Statement(
    select(table).where(table.c.account == bindparam("of_account"), table.c.key == bindparam("of_key")),
    only_looks=True,
)
_KEEP: Final = Statement(insert(table))


class PostgresKeyedRequests:
    """Append-only; what was denied is spelled as canonical JSON."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, account: str, *, key: str) -> KeyedRequest | None:
        row = (await self._session.execute(_FIND, of_account=account, of_key=key)).one_or_none()
        if row is None:
            return None
        denied = None if row.denied is None else parsed_denial(row.denied)
        return KeyedRequest(**{**row._mapping, "denied": denied})

    async def keep(self, request: KeyedRequest) -> None:
        denied = None if request.denied is None else spelled_denial(request.denied)
        await self._session.execute(_KEEP, **{**values_of(request), "denied": denied})
