"""The best bid and ask."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.side import Side


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask of `symbol` at `ts_event` (UTC); 0 < bid <= ask."""

    symbol: str
    bid: Decimal
    ask: Decimal
    ts_event: datetime

    def __post_init__(self) -> None:
        checks.symbol("symbol", self.symbol)
        if not (checks.positive("bid", self.bid) <= checks.positive("ask", self.ask)):
            raise InvalidValue("bid", f"{self.bid} is above the ask {self.ask}")
        checks.utc("ts_event", self.ts_event)

    def price_for(self, side: Side) -> Decimal:
        """What an order of `side` pays or gets at once: the ask for BUY, the bid for SELL."""
        return self.ask if side is Side.BUY else self.bid
