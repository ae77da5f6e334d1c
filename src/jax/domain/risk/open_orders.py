"""Open orders added up by symbol, as they come and go: the sums do not grow with the orders."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from operator import add, sub
from typing import NamedTuple

from jax.domain.order import Order, OrderLeg
from jax.domain.risk.rule import EXACT
from jax.domain.side import Side

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that may still be filled for `leaves_quantity`, at about `unit_value` a unit.

    Every order in one of the statuses OPEN is one, whether the broker has answered or not.
    """

    signal_id: str
    symbol: str
    side: Side
    leg: OrderLeg
    leaves_quantity: Decimal
    unit_value: Decimal


def open_order(order: Order, *, unit_value: Decimal) -> OpenOrder:
    """What the rules see of `order`; `unit_value` is its trade's position value / quantity."""
    return OpenOrder(order.signal_id, order.symbol, order.side, order.leg, order.leaves_quantity, unit_value)


@dataclass(frozen=True, slots=True)
class OrderSums:
    """The open orders of one symbol, of which there is at least one, in units and in currency.

    The exits of one trade cancel one another, so only its largest leg counts. `cost` is what every entry may
    cost, and the exits that buy back what is short. A unit is worth between `cheapest` and `dearest`.
    """

    entries_buying: Decimal
    entries_selling: Decimal
    exits_buying: Decimal
    exits_selling: Decimal
    cost: Decimal
    cheapest: Decimal
    dearest: Decimal

    def entries(self, side: Side) -> Decimal:
        """What entries of `side` may still fill."""
        return self.entries_buying if side is Side.BUY else self.entries_selling

    def exits(self, side: Side) -> Decimal:
        """What exits of `side` may still fill."""
        return self.exits_buying if side is Side.BUY else self.exits_selling

    def units(self, side: Side) -> Decimal:
        """What orders of `side` may still fill."""
        return self.entries(side) + self.exits(side)


@dataclass(frozen=True, slots=True)
class LeavingOrders:
    """What open exits of one symbol and side may still fill: by leg those of one trade, and `of_others`."""

    by_leg: Mapping[OrderLeg, Decimal]
    of_others: Decimal


class _Totals(NamedTuple):
    """What of OrderSums is added up."""

    entries_buying: Decimal = _NOTHING
    entries_selling: Decimal = _NOTHING
    exits_buying: Decimal = _NOTHING
    exits_selling: Decimal = _NOTHING
    cost: Decimal = _NOTHING


class OpenOrders:
    """The open orders of an account, each under a name of its own.

    A change costs as much as its own trade has orders, and a look as much as there are symbols.
    """

    def __init__(self) -> None:
        self._orders: dict[str, OpenOrder] = {}
        self._trades: dict[tuple[str, str], dict[str, OpenOrder]] = defaultdict(dict)
        self._totals: dict[str, _Totals] = {}
        self._unit_values: dict[str, list[Decimal]] = defaultdict(list)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._orders)

    def put(self, name: str, order: OpenOrder) -> None:
        """`order` is what the order of this name is now."""
        self.drop(name)
        self._orders[name] = order
        insort(self._unit_values[order.symbol], order.unit_value)
        of_trade = self._trades[order.symbol, order.signal_id]
        self._change(order.symbol, of_trade, {**of_trade, name: order})

    def drop(self, name: str) -> None:
        """The order of this name, if there is one, is not open any more."""
        order = self._orders.pop(name, None)
        if order is None:
            return
        of_trade, values = self._trades[order.symbol, order.signal_id], self._unit_values[order.symbol]
        del values[bisect_left(values, order.unit_value)]
        self._change(order.symbol, of_trade, {of: kept for of, kept in of_trade.items() if of != name})
        if not of_trade:
            del self._trades[order.symbol, order.signal_id]
        if not values:
            del self._totals[order.symbol], self._unit_values[order.symbol]

    @property
    def by_symbol(self) -> Mapping[str, OrderSums]:
        """The sums of each symbol that has an open order."""
        values = self._unit_values
        return {
            symbol: OrderSums(*total, values[symbol][0], values[symbol][-1])
            for symbol, total in self._totals.items()
        }

    @property
    def cost(self) -> Decimal:
        """What they may cost together, in currency."""
        return cost_of(self.by_symbol)

    def leaving(self, symbol: str, side: Side, *, signal_id: str) -> LeavingOrders:
        """The exits of `side`: those of the trade of the signal, and those of all others."""
        of_trade = self._trades.get((symbol, signal_id), {}).values()
        legs = _by_leg((order for order in of_trade if order.side is side), _units)
        total = self._totals.get(symbol, _Totals())
        with localcontext(EXACT):
            leaving = total.exits_buying if side is Side.BUY else total.exits_selling
            return LeavingOrders(legs, leaving - max(legs.values(), default=_NOTHING))

    def _change(self, symbol: str, of_trade: dict[str, OpenOrder], after: dict[str, OpenOrder]) -> None:
        with localcontext(EXACT):
            without = map(sub, self._totals.get(symbol, _Totals()), _totals_of(of_trade.values()))
            self._totals[symbol] = _Totals(*map(add, without, _totals_of(after.values())))
        of_trade.clear()
        of_trade.update(after)


def cost_of(sums: Mapping[str, OrderSums]) -> Decimal:
    """What the open orders of all symbols may cost, in currency."""
    with localcontext(EXACT):
        return sum((of_symbol.cost for of_symbol in sums.values()), _NOTHING)


def _totals_of(of_trade: Iterable[OpenOrder]) -> _Totals:
    """Of the orders of one trade."""
    orders = list(of_trade)
    entries = [order for order in orders if order.leg is OrderLeg.ENTRY]
    buying = [order for order in orders if order.side is Side.BUY]
    selling = [order for order in orders if order.side is Side.SELL]
    return _Totals(
        entries_buying=_sum(order.leaves_quantity for order in entries if order.side is Side.BUY),
        entries_selling=_sum(order.leaves_quantity for order in entries if order.side is Side.SELL),
        exits_buying=max(_by_leg(buying, _units).values(), default=_NOTHING),
        exits_selling=max(_by_leg(selling, _units).values(), default=_NOTHING),
        cost=_sum(map(_cost, entries)) + max(_by_leg(buying, _cost).values(), default=_NOTHING),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NOTHING)


def _by_leg(orders: Iterable[OpenOrder], amount: Callable[[OpenOrder], Decimal]) -> dict[OrderLeg, Decimal]:
    """What the exits among `orders` come to."""
    legs: dict[OrderLeg, Decimal] = defaultdict(Decimal)
    for order in orders:
        if order.leg is not OrderLeg.ENTRY:
            legs[order.leg] += amount(order)
    return dict(legs)


def _units(order: OpenOrder) -> Decimal:
    return order.leaves_quantity


def _cost(order: OpenOrder) -> Decimal:
    return order.leaves_quantity * order.unit_value
