"""What an account may come to hold: the worst that its working orders can make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jax.domain.risk.inputs import AccountState, Holding
from jax.domain.risk.open_orders import OrderSums, cost_of
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
    """By symbol. A holding without a price is worth nothing here: a rule refuses it before."""
    holdings, orders = account.holdings, account.open_orders
    return {symbol: _exposure(holdings.get(symbol), orders.get(symbol)) for symbol in {**orders, **holdings}}


def _exposure(holding: Holding | None, working: OrderSums | None) -> SymbolExposure:
    held = _NOTHING if holding is None else holding.signed_quantity
    prices = [] if holding is None or holding.unit_value is None else [holding.unit_value]
    if working is not None:
        prices += [working.cheapest, working.dearest]
    return SymbolExposure(
        most=held if working is None else held + working.units(Side.BUY),
        least=held if working is None else held - working.units(Side.SELL),
        cheapest=min(prices, default=_NOTHING),
        dearest=max(prices, default=_NOTHING),
    )


def reserved_by(account: AccountState) -> Decimal:
    """What open orders may cost: as they stand now, or as they stood before the broker was asked."""
    return max(cost_of(account.open_orders), account.reserved)
