"""Reads what the risk rules judge an order by, within the transaction that would record it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar
from jax.domain.controls import SessionOpening
from jax.domain.risk.inputs import AccountState, Holding, Pace
from jax.domain.risk.recent_orders import A_MINUTE
from jax.domain.risk_limits import RiskLimits
from jax.domain.session import ExchangeSession
from jax.modules.execution.account_book import AccountBook
from jax.modules.execution.broker_means import MeansSaid
from jax.ports.entry_grounds import EntryGround
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction


async def account_state(
    transaction: Transaction,
    means: MeansSaid,
    *,
    session: ExchangeSession,
    opening: SessionOpening | None,
) -> AccountState:
    """The account as its book has it, beside what the broker said of its means.

    `opening` is what is on record; the first look in a session puts its net liquidation there.
    """
    snapshot, book = means.snapshot, means.book
    return AccountState(
        snapshot=snapshot,
        opening_equity=await _opening_equity(transaction, snapshot, session, opening),
        reserved=means.reserved_since(),
        holdings=await _holdings(transaction, means.held()),
        open_orders=book.open_orders,
        realized_today=book.realized_since(session.opens_at),
        risk_taken_today=book.risk_taken_since(session.opens_at),
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


def pace_of(book: AccountBook, ground: EntryGround, *, limits: RiskLimits, at: datetime) -> Pace:
    """The entries of the last minute, which is the cycle, and the last one like the wanted one."""
    recent, wanted, since = book.recent, ground.signal, at - A_MINUTE
    return Pace(
        orders=recent.count(since),
        run=recent.run(at, per_minute=limits.max_orders_per_minute),
        of_artifact=ground.entered_elsewhere + recent.of_artifact(wanted.artifact_hash, after=since),
        cycle_notional=recent.notional(since),
        last_alike=recent.newest(wanted.symbol, wanted.side),
    )


async def _holdings(transaction: Transaction, held: Mapping[str, Decimal]) -> dict[str, Holding]:
    newest = await transaction.bars.newest_of(held) if held else {}
    return {
        symbol: Holding(quantity, await _unit_value(transaction, newest.get(symbol)))
        for symbol, quantity in held.items()
    }


async def _unit_value(transaction: Transaction, newest: Bar | None) -> Decimal | None:
    if newest is None:
        return None
    try:
        instrument = await transaction.reference.instrument(newest.symbol)
    except NotFound:
        # Somebody else's doing, and no reason to stop deciding: a rule says what comes of it.
        return None
    return newest.close * instrument.multiplier
