"""Transactions beside a book of one account that follows what they commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from jax.domain.order_status import OPEN
from jax.domain.trade import Trade
from jax.modules.execution.account_book import KEPT_FOR, AccountBook
from jax.modules.execution.applied_reports import AppliedReports
from jax.ports.clock import Clock
from jax.ports.order_store import AccountRow, FillWritten, OrderWritten
from jax.ports.unit_of_work import Transaction, UnitOfWork


class BookedUnitOfWork:
    """A UnitOfWork whose transactions may look into the account's book instead of reading all of it.

    The store says with the account's row which transaction has changed it last, so that a book that has
    missed something, whoever wrote it, is not believed but loaded again.
    """

    def __init__(
        self, unit_of_work: UnitOfWork, account: str, *, clock: Clock, orders_kept_for: timedelta
    ) -> None:
        """The book keeps recent orders for `orders_kept_for`."""
        self.account = account
        self.applied = AppliedReports()
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._orders_kept_for = orders_kept_for
        self._book: AccountBook | None = None
        self._committing: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """As UnitOfWork says; what was committed is in the book when the block has ended."""
        ended: asyncio.Event | None = None
        row: AccountRow | None = None
        try:
            async with self._unit_of_work.begin() as transaction:
                yield transaction
                written = list(transaction.orders.written)
                row = transaction.orders.locked(self.account) if written else None
                if row is not None:
                    ended = self._committing.setdefault(row.next_change, asyncio.Event())
            if row is not None:
                self._follow(row, written)
        finally:
            if row is not None and ended is not None:
                del self._committing[row.next_change]
                ended.set()

    async def book(self, transaction: Transaction) -> AccountBook:
        """The account as `transaction` finds it, locked until it ends; it has written no order yet."""
        if transaction.orders.written:
            raise RuntimeError(
                "the book is of before this transaction: look into it before anything is written"
            )
        row = await transaction.orders.lock_account(self.account)
        if row.change in self._committing:
            # Its lock was let go by the server before this process has heard of it.
            await self._committing[row.change].wait()
        if self._book is None or self._book.is_lost or self._book.change != row.change:
            self._book = await self._load(transaction, row)
        return self._book

    @property
    def newest_book(self) -> AccountBook | None:
        """The book as of the last commit that this process has heard of; None before the first was loaded."""
        return self._book

    def _follow(self, row: AccountRow, written: list[OrderWritten | FillWritten]) -> None:
        if self._book is not None and self._book.change == row.change:
            self._book.follow(written, change=row.next_change)

    async def _load(self, transaction: Transaction, row: AccountRow) -> AccountBook:
        orders, now = transaction.orders, self._clock.now()
        book = AccountBook(self.account, change=row.change, orders_kept_for=self._orders_kept_for)
        book.fill_all(await orders.fills(self.account))
        trades: dict[str, Trade] = {}
        for trade, entry in await orders.trades_since(self.account, now - KEPT_FOR):
            book.enter(trade, entry)
            trades[trade.signal_id] = trade
        held = {found.trade.signal_id: found for found in await orders.held_trades(self.account)}
        waiting = [
            order for order in await orders.in_status(self.account, OPEN) if order.signal_id not in held
        ]
        older = {order.signal_id for order in waiting} - trades.keys()
        trades.update(await orders.trades_of_signals(older))
        for found in held.values():
            book.hold(found.trade, [found.entry, *found.exits])
        for order in waiting:
            book.hold(trades[order.signal_id], [order])
        return book
