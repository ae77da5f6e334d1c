"""What can be traded, where, and in which steps."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from jax.domain import checks


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listing.

    `price_increment` and `lot_size` are the smallest steps of price and quantity, `multiplier` the
    units of currency per point of price and unit of quantity; all above zero.
    """

    symbol: str
    mic: str
    currency: str
    price_increment: Decimal
    lot_size: Decimal
    multiplier: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        checks.symbol("symbol", self.symbol)
        checks.mic("mic", self.mic)
        checks.currency("currency", self.currency)
        checks.positive("price_increment", self.price_increment)
        checks.positive("lot_size", self.lot_size)
        checks.positive("multiplier", self.multiplier)

    def round_price(self, price: Decimal) -> Decimal:
        """The multiple of `price_increment` nearest to `price` (ties to even)."""
        steps = (price / self.price_increment).to_integral_value(ROUND_HALF_EVEN)
        return steps * self.price_increment

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """The largest multiple of `lot_size` that is not above `quantity` (>= 0)."""
        return quantity // self.lot_size * self.lot_size

    def is_on_increment(self, price: Decimal) -> bool:
        """Whether `price` is a multiple of `price_increment`."""
        return price % self.price_increment == 0
