"""An account's orders, fills and trades as the rules of risk see them, kept up instead of read anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from jax.domain.fill import Fill
from jax.domain.minute_sums import MinuteSums
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import FAILED, OPEN
from jax.domain.position import GrowingPosition, Position
from jax.domain.risk.inputs import WantedExit
from jax.domain.risk.open_orders import LeavingOrders, OpenOrders, OrderSums, open_order
from jax.domain.risk.recent_orders import RecentOrder, RecentOrders
from jax.domain.trade import Trade
from jax.ports.order_store import FillWritten, OrderWritten

# No exchange stays shut for so long: what fell before its last opening is not asked about.
KEPT_FOR = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class _Entered:
    """A trade that holds something or has an open order; `held` is what its entry filled less its exits."""

    trade: Trade
    held: Decimal
    open_orders: int

    @property
    def unit_value(self) -> Decimal:
        """What a unit was worth when the trade was decided."""
        return self.trade.position_value / self.trade.quantity


class AccountBook:
    """What is stored of one account as of the transaction `change`.

    It follows what this process has committed. What it cannot follow makes it `is_lost`: a fill that is
    corrected, a trade that was over and goes on. Then it is loaded again: they are rare enough for that.
    """

    def __init__(self, account: str, *, change: str, orders_kept_for: timedelta) -> None:
        """Recent orders are kept for `orders_kept_for`."""
        self.account = account
        self.change = change
        self.is_lost = False
        self.positions: dict[str, Position] = {}
        self.recent = RecentOrders(kept_for=orders_kept_for)
        self.entered_notional = Decimal(0)
        self._open = OpenOrders()
        self._entered: dict[str, _Entered] = {}
        self._realized = MinuteSums(kept_for=KEPT_FOR)
        self._risk_taken = MinuteSums(kept_for=KEPT_FOR)

    def follow(self, written: Iterable[OrderWritten | FillWritten], *, change: str) -> None:
        """What one transaction has committed of the account; its orders are those it has stored."""
        for item in written:
            if isinstance(item, FillWritten):
                if item.account == self.account:
                    self.is_lost = self.is_lost or item.fill.revision > 0
                    self.fill(item.fill)
            elif item.order.account == self.account:
                self._follow_order(item)
        self.change = change

    def fill(self, fill: Fill) -> None:
        """One more fill that counts, in the order in which they were stored."""
        before = self.positions.get(fill.symbol, Position(fill.symbol))
        after = self.positions[fill.symbol] = before.with_fill(fill)
        self._realized.add(fill.ts_event, after.realized_pnl - before.realized_pnl)

    def fill_all(self, fills: Iterable[Fill]) -> None:
        """The first that count, in the order in which they were stored."""
        growing: dict[str, GrowingPosition] = {}
        for fill in fills:
            position = growing.get(fill.symbol)
            if position is None:
                position = growing[fill.symbol] = GrowingPosition(Position(fill.symbol))
            before = position.realized_pnl
            position.take(fill)
            self._realized.add(fill.ts_event, position.realized_pnl - before)
        self.positions = {symbol: position.position() for symbol, position in growing.items()}

    def enter(self, trade: Trade, order: Order) -> None:
        """A trade with its entry, whatever has become of it since."""
        if order.status not in FAILED:
            self._risk_taken.add(trade.submitted_at, trade.risk_amount)
        self.entered_notional += trade.position_value
        self.recent.add(_recent(order, trade))

    def hold(self, trade: Trade, orders: Iterable[Order]) -> None:
        """A trade that holds something or has an open order, with its entry and its exits."""
        entered = _Entered(trade, Decimal(0), 0)
        for order in orders:
            entered = _after(entered, order, filled=order.filled_quantity)
            if order.status in OPEN:
                self._open.put(order.client_order_id, open_order(order, unit_value=entered.unit_value))
                entered = replace(entered, open_orders=entered.open_orders + 1)
        self._keep(entered)

    @property
    def open_orders(self) -> Mapping[str, OrderSums]:
        """The open orders, by symbol, with what a unit of each was worth when its trade was decided."""
        return self._open.by_symbol

    @property
    def reserved(self) -> Decimal:
        """What the open orders may still cost, in the account's currency."""
        return self._open.cost

    def leaving_beside(self, wanted: WantedExit) -> LeavingOrders:
        """The open exits of the symbol and side of `wanted`."""
        return self._open.leaving(wanted.symbol, wanted.side, signal_id=wanted.signal_id)

    def realized_since(self, moment: datetime) -> Decimal:
        """The profit that fills since the minute of `moment` have realised."""
        return self._realized.since(moment)

    def risk_taken_since(self, moment: datetime) -> Decimal:
        """What the entries since the minute of `moment` have risked, but those that never worked."""
        return self._risk_taken.since(moment)

    def _follow_order(self, written: OrderWritten) -> None:
        order, before = written.order, written.before
        if written.trade is not None:
            self.enter(written.trade, order)
            self._entered[order.signal_id] = _Entered(written.trade, Decimal(0), 0)
        entered = self._entered.get(order.signal_id)
        was_open = before is not None and before.status in OPEN
        filled = order.filled_quantity - (Decimal(0) if before is None else before.filled_quantity)
        if entered is None:
            # Of a trade that was over: that it goes on is for a book that is loaded anew.
            self.is_lost = self.is_lost or order.status in OPEN or filled != 0
            return
        if order.status in OPEN:
            self._open.put(order.client_order_id, open_order(order, unit_value=entered.unit_value))
        else:
            self._open.drop(order.client_order_id)
        if order.leg is OrderLeg.ENTRY and before is not None:
            trade, failed = entered.trade, int(order.status in FAILED) - int(before.status in FAILED)
            self._risk_taken.add(trade.submitted_at, -failed * trade.risk_amount)
        opened = int(order.status in OPEN) - int(was_open)
        entered = _after(entered, order, filled=filled)
        self._keep(replace(entered, open_orders=entered.open_orders + opened))

    def _keep(self, entered: _Entered) -> None:
        if entered.open_orders or entered.held:
            self._entered[entered.trade.signal_id] = entered
        else:
            self._entered.pop(entered.trade.signal_id, None)


def _after(entered: _Entered, order: Order, *, filled: Decimal) -> _Entered:
    return replace(entered, held=entered.held + (-filled if order.reduces_only else filled))


def _recent(order: Order, trade: Trade) -> RecentOrder:
    return RecentOrder(order.created_at, order.symbol, order.side, trade.artifact_hash, trade.position_value)
