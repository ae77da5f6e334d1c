"""What the paper account holds: folded from its fills, never stored beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from jax.domain import checks
from jax.domain.account import AccountSnapshot
from jax.domain.instrument import Instrument
from jax.domain.quote import Quote


@dataclass(frozen=True, slots=True)
class PaperAccount:
    """The one account of a paper venue.

    `starting_cash` is in `currency`, `commission_bps` is of notional; both are zero or above.
    `volume_fraction` (0, 1] of a bar's volume is what all orders together may fill during it and against its
    quote; None: whatever they ask for.
    """

    account: str = "paper"
    currency: str = "USD"
    starting_cash: Decimal = Decimal(100_000)
    commission_bps: Decimal = Decimal(0)
    volume_fraction: Decimal | None = None

    def __post_init__(self) -> None:
        checks.text("account", self.account, longest=64)
        checks.currency("currency", self.currency)
        checks.not_negative("starting_cash", self.starting_cash)
        checks.not_negative("commission_bps", self.commission_bps)
        if self.volume_fraction is not None:
            checks.fraction("volume_fraction", self.volume_fraction)


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument with its newest quote, and what may still be traded against it (None: anything)."""

    instrument: Instrument
    quote: Quote
    volume_left: Decimal | None = None

    def fillable(self, wanted: Decimal) -> Decimal:
        """How much of `wanted` the volume allows, in lots."""
        if self.volume_left is None:
            return wanted
        return min(wanted, self.instrument.floor_quantity(self.volume_left))

    def after(self, quantity: Decimal) -> "Listing":
        """The listing after `quantity` was traded."""
        if self.volume_left is None:
            return self
        return replace(self, volume_left=self.volume_left - quantity)


@dataclass(frozen=True, slots=True)
class Booking:
    """What of a fill the ledger needs: `signed_quantity` traded at `price`."""

    symbol: str
    signed_quantity: Decimal
    price: Decimal
    commission: Decimal


@dataclass(frozen=True, slots=True)
class Ledger:
    """Cash and signed quantities by symbol after some fills; lots are nobody's need from order to order."""

    cash: Decimal
    quantities: Mapping[str, Decimal]

    def after(self, bookings: Iterable[Booking], listings: Mapping[str, Listing]) -> "Ledger":
        """The ledger after more fills."""
        cash, quantities = self.cash, dict(self.quantities)
        for booking in bookings:
            multiplier = listings[booking.symbol].instrument.multiplier
            cash -= booking.price * booking.signed_quantity * multiplier + booking.commission
            held = quantities.get(booking.symbol, Decimal(0))
            quantities[booking.symbol] = held + booking.signed_quantity
        return Ledger(cash, quantities)

    def held(self) -> dict[str, Decimal]:
        """Signed quantity by symbol; only what is not flat."""
        return {symbol: quantity for symbol, quantity in self.quantities.items() if quantity != 0}

    def snapshot(self, account: PaperAccount, listings: Mapping[str, Listing]) -> AccountSnapshot:
        """The account's means with every position valued at the newest quote of its symbol."""
        values = [
            quantity * listings[symbol].quote.bid * listings[symbol].instrument.multiplier
            for symbol, quantity in self.held().items()
        ]
        net_liquidation = self.cash + sum(values, Decimal(0))
        gross = sum((abs(value) for value in values), Decimal(0))
        return AccountSnapshot(
            account=account.account,
            currency=account.currency,
            cash=round(self.cash, checks.DECIMAL_PLACES),
            net_liquidation=round(net_liquidation, checks.DECIMAL_PLACES),
            buying_power=round(max(Decimal(0), net_liquidation - gross), checks.DECIMAL_PLACES),
        )
