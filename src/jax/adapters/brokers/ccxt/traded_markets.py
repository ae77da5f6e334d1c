"""The markets of a venue that are traded here, and what their orders must be like."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.ports.errors import NotFound, Unavailable


@dataclass(frozen=True, slots=True)
class TradedMarket:
    """`symbol` is ours, `unified` ccxt's, `venue_symbol` the venue's; prices are in `quote` for one `base`.

    `minimum_notional` is in `quote`; zero: none. `order_types` are the venue's own words, if it has them.
    """

    symbol: str
    unified: str
    venue_symbol: str
    base: str
    quote: str
    price_increment: Decimal
    lot_size: Decimal
    minimum_notional: Decimal = Decimal(0)
    order_types: frozenset[str] = frozenset()

    def refusal_of(self, order: Order) -> str | None:
        """Why the venue would refuse the order by its numbers, or None."""
        if order.quantity % self.lot_size != 0:
            return "LOT_SIZE"
        prices = [price for price in (order.limit_price, order.stop_price) if price is not None]
        if any(price % self.price_increment != 0 for price in prices):
            return "PRICE_INCREMENT"
        return None

    def floored(self, quantity: Decimal) -> Decimal:
        """The largest quantity that can be ordered and is not above `quantity` (>= 0)."""
        return quantity // self.lot_size * self.lot_size

    def floored_price(self, price: Decimal) -> Decimal:
        """The largest price that can be named and is not above `price`."""
        return price // self.price_increment * self.price_increment


class TradedMarkets:
    """By our symbols; one quote currency, and each base currency once: its balance is the position."""

    def __init__(self, markets: Iterable[TradedMarket]) -> None:
        """InvalidValue names markets that cannot be traded from one account."""
        self.all = tuple(markets)
        self._by_symbol = {market.symbol: market for market in self.all}
        quotes = sorted({market.quote for market in self.all})
        if len(quotes) != 1:
            raise InvalidValue(
                "CCXT_SYMBOLS", f"must name markets of one quote currency, not {', '.join(quotes) or 'none'}"
            )
        self.currency = checks.currency("CCXT_SYMBOLS: the quote currency", quotes[0])
        bases = [market.base for market in self.all]
        for base in sorted({base for base in bases if bases.count(base) > 1}):
            raise InvalidValue(
                "CCXT_SYMBOLS", f"names {base} twice, whose balance is the position of one symbol"
            )

    def of(self, symbol: str) -> TradedMarket:
        """NotFound when nothing of that name is traded here."""
        if symbol not in self._by_symbol:
            raise NotFound(f"{symbol} is not traded here: CCXT_SYMBOLS does not name it")
        return self._by_symbol[symbol]

    def symbol_of(self, unified: str) -> str:
        """Ours for a market of the venue, or the venue's own when it is none of ours."""
        return next((market.symbol for market in self.all if market.unified == unified), unified)


def traded_markets(listed: Mapping[str, Any], symbols: Mapping[str, str]) -> TradedMarkets:
    """Of the markets that ccxt has `listed`, those in `symbols` (ours > ccxt's).

    Unavailable or InvalidValue name what cannot be traded, and why.
    """
    return TradedMarkets(_market(symbol, unified, listed.get(unified)) for symbol, unified in symbols.items())


def _market(symbol: str, unified: str, listed: Any) -> TradedMarket:
    checks.symbol("CCXT_SYMBOLS", symbol)
    if listed is None or not listed["spot"] or listed["active"] is False:
        raise Unavailable(f"CCXT_SYMBOLS: {unified} is no spot market of the venue that trades now")
    return TradedMarket(
        symbol=symbol,
        unified=unified,
        venue_symbol=listed["id"],
        base=listed["base"],
        quote=listed["quote"],
        price_increment=_step(unified, listed, "price"),
        lot_size=_step(unified, listed, "amount"),
        minimum_notional=Decimal(listed["limits"]["cost"]["min"] or 0),
        order_types=frozenset(listed["info"].get("orderTypes") or listed["info"].get("orderMethods") or ()),
    )


def _step(unified: str, listed: Any, of: str) -> Decimal:
    written = listed["precision"][of]
    try:
        step = Decimal(written)
    except (ArithmeticError, TypeError, ValueError):
        step = Decimal("NaN")
    if not (step > 0):
        raise Unavailable(f"the venue does not say in which steps the {of} of {unified} moves")
    return step
