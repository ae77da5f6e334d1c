"""What a shadow has decided, in schema `shadow`."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import DateTime, bindparam, text

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.port_errors import speaking_port_errors
from jax.adapters.postgres.statement import Statement
from jax.adapters.postgres.unit_of_work import open_session
from jax.domain.executor_decision import EntryTerms, ExecutorDecision
from jax.domain.side import Side
from jax.ports.errors import Unavailable

# A trade is the last word, and of denials the newest: what is denied is tried again.
_DECIDED = Statement(
    text("""
    SELECT signal_id, symbol, submitted_at AS at, side, quantity, entry_price, stop_loss, NULL AS denial
    FROM shadow.trade WHERE submitted_at >= :since
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (subject) subject, symbol, entry.at, NULL, NULL::numeric, NULL::numeric,
            NULL::numeric, entry.data
        FROM shadow.entry JOIN shadow.signal ON signal_id = subject
        WHERE kind = 'order.denied' AND entry.at >= :since
            AND NOT EXISTS (SELECT FROM shadow.trade WHERE trade.signal_id = subject)
        ORDER BY subject, n DESC
    ) AS denied
    ORDER BY at, signal_id
""").bindparams(bindparam("since", type_=DateTime(timezone=True))),
    only_looks=True,
)
_HAS_SHADOW = Statement(text("SELECT to_regclass('shadow.trade') IS NOT NULL AS found"), only_looks=True)


class PostgresShadowDecisions:
    """A DecisionSource."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    async def decided_since(self, since: datetime) -> Sequence[ExecutorDecision]:
        async with open_session(self._database) as session:
            with speaking_port_errors(self._database.address):
                if not (await session.execute(_HAS_SHADOW)).scalar_one():
                    raise Unavailable(
                        f"The {self._database.address} has no schema shadow: name the database that "
                        "jax-trader runs on with MODE=shadow"
                    )
                rows = (await session.execute(_DECIDED, since=since)).all()
        return [
            ExecutorDecision(
                row.signal_id,
                row.symbol,
                row.at,
                _terms(row.side, row.quantity, row.entry_price, row.stop_loss),
                None if row.denial is None else str(json.loads(row.denial)["reason_code"]),
            )
            for row in rows
        ]


def _terms(
    side: str | None, quantity: Decimal | None, entry_price: Decimal | None, stop_loss: Decimal | None
) -> EntryTerms | None:
    if side is None or quantity is None or entry_price is None or stop_loss is None:
        return None
    return EntryTerms(Side(side), quantity, entry_price, stop_loss)
