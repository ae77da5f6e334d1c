"""What is held, folded from fills."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.fill import Fill


@dataclass(frozen=True, slots=True)
class Lot:
    """`signed_quantity` (never zero) taken at `price`."""

    signed_quantity: Decimal
    price: Decimal

    def __post_init__(self) -> None:
        if checks.finite("signed_quantity", self.signed_quantity) == 0:
            raise InvalidValue("signed_quantity", "must not be zero")
        checks.positive("price", self.price)


@dataclass(frozen=True, slots=True)
class Position:
    """Holding of one symbol as first-in-first-out lots, all of one sign.

    `realized_pnl` is net of commission, in the instrument's currency.
    """

    symbol: str
    lots: tuple[Lot, ...] = ()
    realized_pnl: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        checks.symbol("symbol", self.symbol)
        if len({lot.signed_quantity > 0 for lot in self.lots}) > 1:
            raise InvalidValue("lots", f"of {self.symbol} are both long and short")
        if not self.realized_pnl.is_finite():
            raise InvalidValue("realized_pnl", f"of {self.symbol} must be finite, not {self.realized_pnl}")

    @property
    def signed_quantity(self) -> Decimal:
        """Above zero when long, below when short."""
        return sum((lot.signed_quantity for lot in self.lots), Decimal(0))

    @property
    def average_price(self) -> Decimal | None:
        """Quantity-weighted price of the open lots; None when flat."""
        quantity = self.signed_quantity
        if quantity == 0:
            return None
        return sum((lot.signed_quantity * lot.price for lot in self.lots), Decimal(0)) / quantity

    def unrealized_pnl(self, price: Decimal) -> Decimal:
        """Gain of the open lots if closed at `price`."""
        return sum((lot.signed_quantity * (price - lot.price) for lot in self.lots), Decimal(0))

    def with_fill(self, fill: Fill) -> "Position":
        """The position after `fill`: opposite lots are closed oldest first, the rest opens a new lot."""
        if fill.symbol != self.symbol:
            raise InvalidValue(
                "fill", f"{fill.execution_id} is of {fill.symbol}, the position of {self.symbol}"
            )
        growing = GrowingPosition(self)
        growing.take(fill)
        return growing.position()


class GrowingPosition:
    """A position that takes many fills of its symbol, one after the other."""

    def __init__(self, position: Position) -> None:
        self._symbol = position.symbol
        self._lots = deque(position.lots)
        self._realized = position.realized_pnl

    def take(self, fill: Fill) -> None:
        """As Position.with_fill says, of a fill of this symbol."""
        remaining = fill.quantity * fill.side.sign  # 0 for a fill that was busted
        realized = self._realized - fill.commission
        lots = self._lots
        while remaining and lots and lots[0].signed_quantity * remaining < 0:
            lot = lots.popleft()
            closed = min(abs(lot.signed_quantity), abs(remaining)).copy_sign(lot.signed_quantity)
            realized += closed * (fill.price - lot.price)
            remaining += closed
            if lot.signed_quantity != closed:
                lots.appendleft(Lot(lot.signed_quantity - closed, lot.price))
        if remaining:
            lots.append(Lot(remaining, fill.price))
        self._realized = realized

    @property
    def realized_pnl(self) -> Decimal:
        """That of the position as it is now."""
        return self._realized

    def position(self) -> Position:
        """The position as it is now."""
        return Position(self._symbol, tuple(self._lots), self._realized)


def positions_of(fills: Iterable[Fill]) -> dict[str, Position]:
    """Positions by symbol after `fills` in their order; a flat one stays, for its realised profit."""
    growing: dict[str, GrowingPosition] = {}
    for fill in fills:
        if fill.symbol not in growing:
            growing[fill.symbol] = GrowingPosition(Position(fill.symbol))
        growing[fill.symbol].take(fill)
    return {symbol: position.position() for symbol, position in growing.items()}
