"""A book that is compared with one loaded anew, each time that somebody looks into it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from jax.modules.execution.account_book import AccountBook
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.ports.clock import Clock
from jax.ports.unit_of_work import Transaction, UnitOfWork

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class CheckedBooks(BookedUnitOfWork):
    """Tells when the book that was kept up is not the one that would be loaded."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        account: str,
        *,
        clock: Clock,
        orders_kept_for: timedelta,
        told: Callable[[str], None],
    ) -> None:
        super().__init__(unit_of_work, account, clock=clock, orders_kept_for=orders_kept_for)
        self._told = told
        self.compared = 0

    async def book(self, transaction: Transaction) -> AccountBook:
        before = self.newest_book
        kept = await super().book(transaction)
        if kept is before:
            # Past the pauses of a simulated connection.
            stored: Any = getattr(transaction, "_real", transaction)
            loaded = await self._load(stored, await stored.orders.lock_account(self.account))
            self._compare(self._facts(kept), self._facts(loaded))
        return kept

    def _compare(self, kept: dict[str, object], loaded: dict[str, object]) -> None:
        self.compared += 1
        for name, value in loaded.items():
            if kept[name] != value:
                self._told(f"{name}: {kept[name]} in the book, {value} in the store")

    def _facts(self, book: AccountBook) -> dict[str, object]:
        return {
            "positions": book.positions,
            "open orders": sorted(book.open_orders, key=repr),
            "realised": book.realized_since(_LONG_AGO),
            "risk taken": book.risk_taken_since(_LONG_AGO),
            "recent": sorted(book.recent(self._clock.now() - self._orders_kept_for), key=repr),
        }
