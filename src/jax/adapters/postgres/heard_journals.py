"""How much of a broker's journal was heard, in `trading.heard_journal`."""

from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.schema.trading_tables import heard_journal as table
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.ports.heard_journals import HeardJournal

_OF: Final = Statement(
    select(table.c.journal, table.c.seq).where(table.c.account == bindparam("of_account")), only_looks=True
)
_ADD = insert(table)
_PUT: Final = Statement(
    _ADD.on_conflict_do_update(
        index_elements=["account"], set_={"journal": _ADD.excluded.journal, "seq": _ADD.excluded.seq}
    )
)


class PostgresHeardJournals:
    """One row an account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of(self, account: str) -> HeardJournal | None:
        row = (await self._session.execute(_OF, of_account=account)).one_or_none()
        return None if row is None else HeardJournal(row.journal, row.seq)

    async def put(self, account: str, heard: HeardJournal) -> None:
        await self._session.change(_PUT, account=account, journal=heard.journal, seq=heard.seq)
