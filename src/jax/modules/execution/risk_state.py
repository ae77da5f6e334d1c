"""Reads what the risk rules judge an order by, within the transaction that would record it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar, Timeframe
from jax.domain.controls import SessionOpening
from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import FAILED, OPEN
from jax.domain.position import positions_of
from jax.domain.risk.exposure import reserved_of
from jax.domain.risk.inputs import AccountState, Holding, OpenOrder, Pace, RecentOrder, open_order
from jax.domain.risk_limits import RiskLimits
from jax.domain.session import ExchangeSession
from jax.ports.unit_of_work import Transaction

_A_MINUTE = timedelta(seconds=60)


async def reserved(transaction: Transaction, account: str) -> Decimal:
    """What the account's open orders may still cost, in its currency."""
    return reserved_of(await open_orders(transaction, account))


async def account_state(
    transaction: Transaction,
    snapshot: AccountSnapshot,
    *,
    reserved: Decimal,
    session: ExchangeSession,
    opening: SessionOpening | None,
) -> AccountState:
    """The account as it is stored, beside what the broker said of its means.

    `opening` is what is on record; the first look in a session puts its net liquidation there.
    """
    fills = await transaction.orders.fills(snapshot.account)
    before = [fill for fill in fills if fill.ts_event < session.opens_at]
    return AccountState(
        snapshot=snapshot,
        opening_equity=await _opening_equity(transaction, snapshot, session, opening),
        reserved=reserved,
        holdings=await _holdings(transaction, fills),
        open_orders=tuple(await open_orders(transaction, snapshot.account)),
        realized_today=_realized(fills) - _realized(before),
        risk_taken_today=await _risk_taken(transaction, snapshot.account, since=session.opens_at),
    )


async def _opening_equity(
    transaction: Transaction,
    snapshot: AccountSnapshot,
    session: ExchangeSession,
    opening: SessionOpening | None,
) -> Decimal:
    equity = snapshot.net_liquidation
    if opening is not None and opening.session_date == session.session_date:
        return opening.equity
    if equity.is_finite() and equity > 0 and (opening is None or opening.session_date < session.session_date):
        first = SessionOpening(session.session_date, equity)
        await transaction.controls.open_session(snapshot.account, first)
    return equity


async def pace_of(
    transaction: Transaction, account: str, *, artifact_hash: str, limits: RiskLimits, at: datetime
) -> Pace:
    """The orders of the last minute, or of as long as a repeat must wait; the minute is the cycle."""
    apart = timedelta(seconds=float(limits.repeat_after_seconds or 0))
    orders = await transaction.orders.recorded_since(account, at - max(_A_MINUTE, apart))
    recent = [order for order in orders if not order.reduces_only]
    in_cycle = [order for order in recent if order.created_at > at - _A_MINUTE]
    worth = await _unit_values(transaction, in_cycle)
    ordered = [order.quantity * worth[order.signal_id] for order in in_cycle]
    return Pace(
        recent=tuple(RecentOrder(order.created_at, order.symbol, order.side) for order in recent),
        of_artifact=await transaction.orders.count_recorded(artifact_hash, after=at - _A_MINUTE),
        cycle_notional=sum(ordered, Decimal(0)),
    )


async def open_orders(transaction: Transaction, account: str) -> list[OpenOrder]:
    """The account's open orders with what a unit of each was worth when its trade was decided."""
    orders = await transaction.orders.in_status(account, OPEN)
    worth = await _unit_values(transaction, orders)
    return [open_order(order, unit_value=worth[order.signal_id]) for order in orders]


async def _unit_values(transaction: Transaction, orders: Sequence[Order]) -> Mapping[str, Decimal]:
    """What a unit of each order was worth when its trade was decided, by signal."""
    signal_ids = {order.signal_id for order in orders}
    found = await transaction.orders.trades_of_signals(signal_ids)
    worth = {signal_id: trade.position_value / trade.quantity for signal_id, trade in found.items()}
    return dict.fromkeys(signal_ids, Decimal(0)) | worth


async def _holdings(transaction: Transaction, fills: Sequence[Fill]) -> dict[str, Holding]:
    holdings = {}
    for symbol, position in positions_of(fills).items():
        if position.signed_quantity != 0:
            instrument = await transaction.reference.instrument(symbol)
            bar = await _newest_bar(transaction, symbol)
            value = None if bar is None else bar.close * instrument.multiplier
            holdings[symbol] = Holding(position.signed_quantity, value)
    return holdings


async def _newest_bar(transaction: Transaction, symbol: str) -> Bar | None:
    newest = [await transaction.bars.newest(symbol, timeframe) for timeframe in Timeframe]
    known = [bar for bar in newest if bar is not None]
    return max(known, key=lambda bar: bar.end) if known else None


async def _risk_taken(transaction: Transaction, account: str, *, since: datetime) -> Decimal:
    trades = await transaction.orders.trades(account, limit=1000)
    return sum(
        (
            trade.risk_amount
            for trade, order in trades
            if trade.submitted_at >= since and order.status not in FAILED
        ),
        Decimal(0),
    )


def _realized(fills: Sequence[Fill]) -> Decimal:
    return sum((position.realized_pnl for position in positions_of(fills).values()), Decimal(0))
