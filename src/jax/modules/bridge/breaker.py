"""A limit on how much may be sent within a minute, whatever the traders think."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from jax.domain import checks
from jax.ports.bridge_book import BookedOrder

WINDOW = timedelta(minutes=1)


class NotionalBreaker:
    """Sums what each account was allowed within the last minute, by the bridge's clock.

    What lies in the future, because the clock was set back, counts as well.
    """

    def __init__(self, notional_per_minute: Decimal | None) -> None:
        """`notional_per_minute` (above zero) is in the instruments' currency; None: no limit."""
        if notional_per_minute is not None:
            checks.positive("notional_per_minute", notional_per_minute)
        self.limit = notional_per_minute
        self._spent: dict[str, deque[tuple[datetime, Decimal]]] = {}

    def restore(self, orders: Iterable[BookedOrder]) -> None:
        """Counts what was sent before this process began."""
        for order in orders:
            self._spent.setdefault(order.account, deque()).append((order.booked_at, order.notional))

    def allows(self, account: str, notional: Decimal, *, now: datetime) -> bool:
        """Whether `notional` more may be sent; it counts from now on if so."""
        if self.limit is None:
            return True
        spent = self._spent.setdefault(account, deque())
        while spent and spent[0][0] <= now - WINDOW:
            spent.popleft()
        if not (sum((amount for _, amount in spent), notional) <= self.limit):
            return False
        spent.append((now, notional))
        return True

    def give_back(self, order: BookedOrder) -> None:
        """What was counted for `order` was not sent."""
        spent = self._spent.get(order.account, deque())
        if (order.booked_at, order.notional) in spent:
            spent.remove((order.booked_at, order.notional))
