"""One price as a market-data feed tells it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks
from jax.domain.quote import Quote

_LONGEST_ID = 64
_PLACES = Decimal(1).scaleb(-checks.DECIMAL_PLACES)


@dataclass(frozen=True, slots=True)
class Tick:
    """A trade of `size` units (0 for a quote's middle) at `price`, at `ts_event` (UTC).

    `tick_id` is the venue's own name for it: with `symbol` and `ts_event` it says that two ticks are the
    same one. Of ticks of one moment, shorter ids come first, then smaller ones, so that counted ids keep
    their order.
    """

    symbol: str
    price: Decimal
    size: Decimal
    ts_event: datetime
    tick_id: str

    def __post_init__(self) -> None:
        checks.symbol("symbol", self.symbol)
        checks.positive("price", self.price)
        checks.not_negative("size", self.size)
        checks.utc("ts_event", self.ts_event)
        checks.text("tick_id", self.tick_id, longest=_LONGEST_ID)

    @property
    def place(self) -> tuple[datetime, int, str]:
        """Where it stands among the ticks of its symbol, whatever the order in which they came."""
        return (self.ts_event, len(self.tick_id), self.tick_id)


def tick_of_quote(quote: Quote) -> Tick:
    """The middle of bid and ask, of size 0; the same quote told twice is the same tick."""
    middle = ((quote.bid + quote.ask) / 2).quantize(_PLACES)
    return Tick(quote.symbol, middle, Decimal(0), quote.ts_event, f"{quote.bid}/{quote.ask}")
