"""Where a trade comes from, in one query."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.side import Side
from jax.ports.errors import NotFound
from jax.ports.trade_provenance import StandingApproval, TradeProvenance

_QUERY = Statement(
    text("""
    SELECT provenance.*, newest.seq AS snapshot_seq, newest.snapshot_sha256, newest.signer AS snapshot_signer,
        COALESCE(newest.active ->> provenance.strategy = provenance.payload_sha256, false) AS is_named
    FROM gate.trade_provenance AS provenance
    LEFT JOIN LATERAL (
        SELECT seq, snapshot_sha256, signer, active FROM gate.snapshot
        WHERE snapshot.issued_at <= provenance.submitted_at
        ORDER BY seq DESC LIMIT 1
    ) AS newest ON true
    WHERE provenance.trade_id = :trade_id
""")
)
_SAME = (
    *("trade_id", "submitted_at", "symbol", "quantity", "account", "client_order_id", "signal_id"),
    *("signal_approved_by", "artifact_id", "strategy", "version", "author", "payload_sha256"),
    *("bundle_sha256", "policy", "policy_version", "policy_sha256", "snapshot_seq", "snapshot_sha256"),
    *("snapshot_signer", "is_named"),
)


class PostgresTradeProvenance:
    """Reads `gate.trade_provenance`."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    async def of_trade(self, trade_id: str) -> TradeProvenance:
        async with self._database.transaction() as (connection, transaction):
            found = await Session(connection, transaction, self._database.address).execute(
                _QUERY, trade_id=trade_id
            )
        row = found.one_or_none()
        if row is None:
            raise NotFound(f"There is no trade {trade_id}.")
        return _provenance(row)


def _provenance(row: Row[Any]) -> TradeProvenance:
    return TradeProvenance(
        **{field: getattr(row, field) for field in _SAME},
        side=Side(row.side),
        is_solo=bool(row.solo),
        approvals=tuple(_approval(found) for found in json.loads(row.approvals)),
    )


def _approval(found: dict[str, str]) -> StandingApproval:
    return StandingApproval(
        approver=found["approver"],
        kind=found["kind"],
        issued_at=datetime.fromisoformat(found["issued_at"]),
        expires_at=datetime.fromisoformat(found["expires_at"]),
        reason=found["reason"],
        approval_sha256=found["approval_sha256"],
    )
