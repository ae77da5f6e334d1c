"""What an account may come to hold: the worst that its working orders can make of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jax.domain.order import OrderLeg
from jax.domain.risk.inputs import AccountState, OpenOrder
from jax.domain.side import Side

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class SymbolExposure:
    """Signed units of one symbol after everything that buys (`most`) or everything that sells (`least`).

    A unit is worth between `cheapest` and `dearest`: the market's price and those of the working orders.
    """

    most: Decimal
    least: Decimal
    cheapest: Decimal
    dearest: Decimal

    @property
    def gross(self) -> Decimal:
        """The larger of both sides, at the dearest price."""
        return max(self.most, -self.least) * self.dearest

    def side(self, side: Side) -> Decimal:
        """Units on the side that an order of `side` adds to; below zero when it would close a position."""
        return self.most if side is Side.BUY else -self.least

    def net(self, side: Side) -> Decimal:
        """The value towards `side` after everything on that side is filled, and nothing on the other."""
        units = self.side(side)
        return units * (self.dearest if units > 0 else self.cheapest)

    def priced(self, unit_value: Decimal) -> "SymbolExposure":
        """The same with one more price that a unit may be worth."""
        if self.dearest == 0:
            return SymbolExposure(self.most, self.least, unit_value, unit_value)
        return SymbolExposure(
            self.most, self.least, min(self.cheapest, unit_value), max(self.dearest, unit_value)
        )


NO_EXPOSURE = SymbolExposure(_NOTHING, _NOTHING, _NOTHING, _NOTHING)


def exposures_of(account: AccountState) -> Mapping[str, SymbolExposure]:
    """By symbol. A holding without a price is worth nothing here: a rule refuses it before.

    The exits of one trade cancel one another, so only its largest leg counts.
    """
    buying, selling = (_working(account.open_orders, side) for side in (Side.BUY, Side.SELL))
    prices = _prices(account)
    return {
        symbol: SymbolExposure(
            most=held + buying.get(symbol, _NOTHING),
            least=held - selling.get(symbol, _NOTHING),
            cheapest=min(prices[symbol], default=_NOTHING),
            dearest=max(prices[symbol], default=_NOTHING),
        )
        for symbol, held in _held(account, also={*buying, *selling}).items()
    }


def _held(account: AccountState, *, also: set[str]) -> dict[str, Decimal]:
    held = dict.fromkeys(also, _NOTHING)
    return held | {symbol: holding.signed_quantity for symbol, holding in account.holdings.items()}


def _prices(account: AccountState) -> dict[str, list[Decimal]]:
    prices: dict[str, list[Decimal]] = defaultdict(list)
    for order in account.open_orders:
        prices[order.symbol].append(order.unit_value)
    for symbol, holding in account.holdings.items():
        if holding.unit_value is not None:
            prices[symbol].append(holding.unit_value)
    return prices


def _working(orders: tuple[OpenOrder, ...], side: Side) -> dict[str, Decimal]:
    entries: dict[str, Decimal] = defaultdict(Decimal)
    legs: dict[tuple[str, str], dict[OrderLeg, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for order in orders:
        if order.side is not side:
            continue
        if order.leg is OrderLeg.ENTRY:
            entries[order.symbol] += order.leaves_quantity
        else:
            legs[order.symbol, order.signal_id][order.leg] += order.leaves_quantity
    for (symbol, _), by_leg in legs.items():
        entries[symbol] += max(by_leg.values())
    return dict(entries)


def reserved_of(orders: Sequence[OpenOrder]) -> Decimal:
    """What open orders may cost, in currency: every entry, and the exits that buy back what is short.

    The exits of one trade cancel one another, so only its dearest leg counts.
    """
    entries = [order for order in orders if order.leg is OrderLeg.ENTRY]
    legs: dict[tuple[str, str], dict[OrderLeg, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for order in orders:
        if order.leg is not OrderLeg.ENTRY and order.side is Side.BUY:
            legs[order.symbol, order.signal_id][order.leg] += order.leaves_quantity * order.unit_value
    bought_back = sum((max(by_leg.values()) for by_leg in legs.values()), _NOTHING)
    return sum((order.leaves_quantity * order.unit_value for order in entries), bought_back)


def reserved_by(account: AccountState) -> Decimal:
    """What open orders may cost: as they stand now, or as they stood before the broker was asked."""
    return max(reserved_of(account.open_orders), account.reserved)
