"""What is on record about an entry, each in one statement."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import FromClause, Table, bindparam, case, column, func, literal, select, true

from jax.adapters.postgres.account_controls import beside_what_was_told, controls_of, told_columns
from jax.adapters.postgres.audit_log import CHAIN_LOCK, PostgresAuditLog
from jax.adapters.postgres.order_statements import (
    LOCKED_COLUMNS,
    TRADES_WITH_ORDERS,
    trade_with_order,
)
from jax.adapters.postgres.order_store import PostgresOrderStore
from jax.adapters.postgres.reference_data import last_opened
from jax.adapters.postgres.schema import trading_tables as trading
from jax.adapters.postgres.schema.reference_tables import exchange_session, instrument
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.instrument import Instrument
from jax.domain.order import Order, OrderLeg
from jax.domain.session import ExchangeSession
from jax.domain.signal import Signal
from jax.ports.entry_grounds import EntryGround, SignalOnRecord, Standing
from jax.ports.errors import NotFound

_IN_LOCKED_COLUMNS: Final = {c.name for c in LOCKED_COLUMNS}
_A_MINUTE: Final = timedelta(minutes=1)
_ACCOUNT, _SIGNAL, _TRADE, _ORDERS = trading.account, trading.signal, trading.trade, trading.orders


def _of(table: Table, source: FromClause) -> list[Any]:
    return [source.c[c.name].label(f"{table.name}.{c.name}") for c in table.columns]


def _values(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {c.name: row[f"{table.name}.{c.name}"] for c in table.columns}


def _chain_end_after(signal: FromClause) -> FromClause:
    """That the function is given something of the signal keeps the server from calling it before."""
    chain = case((signal.c.signal_id.is_(None), 0), else_=literal(CHAIN_LOCK))
    return (
        func.audit.lock_end(chain)
        .table_valued(column("n"), column("entry_sha256"), name="chain_end")
        .lateral()
    )


# Each is locked before what reads a column of it: first the account, then the signal, then the chain.
_LOCKED_ACCOUNT: Final = (
    select(
        *LOCKED_COLUMNS, *(_ACCOUNT.c[name] for name in ("loss_latched_on", "opened_on", "opening_equity"))
    )
    .where(_ACCOUNT.c.account == bindparam("of_account"))
    .with_for_update(key_share=True)
    .subquery("locked_account")
)
_LOCKED_SIGNAL: Final = (
    select(_SIGNAL)
    .where(_SIGNAL.c.signal_id == bindparam("of_signal"), _LOCKED_ACCOUNT.c.account.is_not(None))
    .with_for_update(key_share=True)
    .lateral("locked_signal")
)
_CHAIN_END: Final = _chain_end_after(_LOCKED_SIGNAL)
_ENTERED_ELSEWHERE: Final = (
    select(func.count())
    # By account: those of one that sends thousands a minute are not looked through for the others.
    .select_from(_ACCOUNT.join(_ORDERS, _ORDERS.c.account == _ACCOUNT.c.account))
    .where(
        _ACCOUNT.c.account != bindparam("of_account"),
        _ORDERS.c.artifact_hash == _LOCKED_SIGNAL.c.artifact_hash,
        _ORDERS.c.created_at > bindparam("a_minute_before"),
        _ORDERS.c.leg == OrderLeg.ENTRY,
    )
    .scalar_subquery()
)
_SESSION: Final = last_opened(instrument.c.mic, bindparam("moment")).lateral("last_session")
_LOCKED_ORDER: Final = (
    select(_ORDERS)
    .where(_ORDERS.c.client_order_id == bindparam("with_id"), _LOCKED_ACCOUNT.c.account == _ORDERS.c.account)
    .with_for_update(key_share=True, of=_ORDERS)
    .lateral("locked_order")
)
_SIGNAL_OF_ORDER: Final = (
    select(_SIGNAL.c.signal_id)
    .where(_SIGNAL.c.signal_id == _LOCKED_ORDER.c.signal_id)
    .with_for_update(key_share=True)
    .lateral("signal_of_order")
)
_END_AFTER_ORDER: Final = _chain_end_after(_SIGNAL_OF_ORDER)
_ORDER: Final = Statement(
    select(
        *(_LOCKED_ACCOUNT.c[c.name] for c in LOCKED_COLUMNS),
        *_of(_ORDERS, _LOCKED_ORDER),
        _END_AFTER_ORDER.c.n.label("chain_n"),
        _END_AFTER_ORDER.c.entry_sha256.label("chain_sha256"),
    ).select_from(
        _LOCKED_ACCOUNT.join(_LOCKED_ORDER, true())
        .join(_SIGNAL_OF_ORDER, true())
        .outerjoin(_END_AFTER_ORDER, true())
    )
)
_LOCKED: Final = Statement(
    select(
        *(_LOCKED_ACCOUNT.c[c.name] for c in LOCKED_COLUMNS),
        *told_columns(_LOCKED_ACCOUNT),
        *_of(_SIGNAL, _LOCKED_SIGNAL),
        *_of(instrument, instrument),
        *_of(exchange_session, _SESSION),
        func.gate.is_loadable(_LOCKED_SIGNAL.c.artifact_id).label("is_loadable"),
        select(_TRADE.c.trade_id)
        .where(_TRADE.c.signal_id == _LOCKED_SIGNAL.c.signal_id)
        .exists()
        .label("is_traded"),
        _ENTERED_ELSEWHERE.label("entered_elsewhere"),
        _CHAIN_END.c.n.label("chain_n"),
        _CHAIN_END.c.entry_sha256.label("chain_sha256"),
    ).select_from(
        beside_what_was_told(
            _LOCKED_ACCOUNT,
            rows=_LOCKED_ACCOUNT.join(_LOCKED_SIGNAL, true())
            .outerjoin(instrument, instrument.c.symbol == _LOCKED_SIGNAL.c.symbol)
            .outerjoin(_SESSION, true())
            .outerjoin(_CHAIN_END, true()),
        )
    )
)
_BEFORE: Final = Statement(
    select(*_of(_SIGNAL, _SIGNAL), *TRADES_WITH_ORDERS.exported_columns)
    .select_from(
        _SIGNAL.outerjoin(
            _TRADE.join(_ORDERS, _TRADE.c.client_order_id == _ORDERS.c.client_order_id),
            _TRADE.c.signal_id == _SIGNAL.c.signal_id,
        )
    )
    .where(_SIGNAL.c.signal_id == bindparam("of_signal")),
    only_looks=True,
)
_ARTIFACT: Final = select(func.gate.is_loadable(bindparam("of_artifact")).label("is_loadable")).subquery(
    "artifact"
)
_STANDING: Final = Statement(
    select(_ARTIFACT.c.is_loadable, *told_columns(_ACCOUNT)).select_from(
        beside_what_was_told(
            _ACCOUNT, rows=_ARTIFACT.outerjoin(_ACCOUNT, _ACCOUNT.c.account == bindparam("of_account"))
        )
    ),
    only_looks=True,
)


class PostgresEntryGrounds:
    """What is locked is the newest there is; the rest is as of the statement's beginning."""

    def __init__(self, session: Session, orders: PostgresOrderStore, audit: PostgresAuditLog) -> None:
        """`orders` and `audit` are those of the same transaction: they are told what is locked."""
        self._session = session
        self._orders = orders
        self._audit = audit

    async def before(self, signal_id: str) -> SignalOnRecord:
        rows = await self._session.rows(_BEFORE, of_signal=signal_id)
        if not rows:
            raise _unknown(signal_id)
        trade = None if rows[0]["trade.trade_id"] is None else trade_with_order(rows[0])
        return SignalOnRecord(Signal(**_values(_SIGNAL, rows[0])), trade)

    async def locked(self, account: str, *, signal_id: str, at: datetime) -> EntryGround:
        values = {"moment": at, "a_minute_before": at - _A_MINUTE}
        rows = await self._session.rows(_LOCKED, of_account=account, of_signal=signal_id, **values)
        if not rows:
            # No such signal, or an account without a row yet.
            await self._orders.lock_account(account)
            rows = await self._session.rows(_LOCKED, of_account=account, of_signal=signal_id, **values)
        if not rows:
            raise _unknown(signal_id)
        row = rows[0]
        self._orders.has_locked(account, row)
        self._audit.has_locked_end(row["chain_n"], row["chain_sha256"])
        is_known = row["instrument.symbol"] is not None
        has_session = row["exchange_session.mic"] is not None
        return EntryGround(
            signal=Signal(**_values(_SIGNAL, row)),
            trade=await self._orders.trade_of_signal(signal_id) if row["is_traded"] else None,
            standing=Standing(row["is_loadable"], controls_of(rows)),
            instrument=Instrument(**_values(instrument, row)) if is_known else None,
            session=ExchangeSession(**_values(exchange_session, row)) if has_session else None,
            entered_elsewhere=row["entered_elsewhere"],
        )

    async def order(self, account: str, *, client_order_id: str) -> Order:
        rows = await self._session.rows(_ORDER, of_account=account, with_id=client_order_id)
        if not rows:
            await self._orders.lock_account(account)
            return await self._orders.get(client_order_id)
        self._orders.has_locked(account, rows[0])
        self._audit.has_locked_end(rows[0]["chain_n"], rows[0]["chain_sha256"])
        return self._orders.has_got(Order(**_values(_ORDERS, rows[0])))

    async def standing(self, account: str, *, artifact_id: str) -> Standing:
        rows = await self._session.rows(_STANDING, of_account=account, of_artifact=artifact_id)
        return Standing(rows[0]["is_loadable"], controls_of(rows))


def _unknown(signal_id: str) -> NotFound:
    return NotFound(f"There is no signal {signal_id}.")
