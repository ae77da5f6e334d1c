"""A book that is compared with one loaded anew, each time that somebody looks into it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN
from jax.domain.risk.inputs import WantedExit
from jax.domain.risk.recent_orders import A_MINUTE
from jax.domain.side import Side
from jax.modules.execution.account_book import AccountBook
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.ports.clock import Clock
from jax.ports.unit_of_work import Transaction, UnitOfWork

# That of the traders whose books are checked, or the book would count for this rate and for theirs in turns.
PER_MINUTE = 1000
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
            exits = [_another(order) for order in await stored.orders.in_status(self.account, OPEN)]
            self._compare(self._facts(kept, exits), self._facts(loaded, exits))
        return kept

    def _compare(self, kept: dict[str, object], loaded: dict[str, object]) -> None:
        self.compared += 1
        for name, value in loaded.items():
            if kept[name] != value:
                self._told(f"{name}: {kept[name]} in the book, {value} in the store")

    def _facts(self, book: AccountBook, exits: list[WantedExit]) -> dict[str, object]:
        now = self._clock.now()
        symbols, since = {*book.positions, *book.open_orders}, now - self._orders_kept_for
        newest = {(of, side): book.recent.newest(of, side) for of in symbols for side in Side}
        return {
            "positions": book.positions,
            "open orders": book.open_orders,
            "reserved": book.reserved,
            "leaving": [book.leaving_beside(wanted) for wanted in exits],
            "realised": book.realized_since(_LONG_AGO),
            "risk taken": book.risk_taken_since(_LONG_AGO),
            "recent": [
                (book.recent.count(after), book.recent.notional(after)) for after in (since, now - A_MINUTE)
            ],
            "run": book.recent.run(now, per_minute=PER_MINUTE),
            "newest": {key: at for key, at in newest.items() if at is not None and at > since},
        }


def _another(order: Order) -> WantedExit:
    """One more order as this one, if it were an exit."""
    one = Decimal(1)
    side = order.side if order.reduces_only else order.side.opposite
    return WantedExit(order.signal_id, order.strategy, order.symbol, side, OrderLeg.CLOSE, one, one)
