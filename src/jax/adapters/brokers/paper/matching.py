"""When an order fills and at what price: the rules of the paper venue."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from jax.adapters.brokers.paper.paper_order import OrderTerms, PaperOrder
from jax.domain.bar import Bar
from jax.domain.instrument import Instrument
from jax.domain.order import OrderType
from jax.domain.quote import Quote
from jax.domain.side import Side

_CENT = Decimal("0.01")
_BPS = Decimal(10_000)


def quote_of(bar: Bar, instrument: Instrument) -> Quote:
    """A replayed bar has only its close: the paper venue quotes it on both sides."""
    # A price far below the increment would round to nothing, and nobody sells for nothing.
    price = max(instrument.round_price(bar.close), instrument.price_increment)
    return Quote(bar.symbol, bid=price, ask=price, ts_event=bar.end)


def refusal_code(terms: OrderTerms, instrument: Instrument) -> str | None:
    """Why an exchange would not take these terms, or None."""
    if terms.quantity % instrument.lot_size != 0:
        return "QUANTITY_NOT_IN_LOTS"
    for price in (terms.limit_price, terms.stop_price):
        if price is not None and not instrument.is_on_increment(price):
            return "PRICE_NOT_ON_INCREMENT"
    return None


def price_at_once(order: PaperOrder, quote: Quote) -> Decimal | None:
    """What the order pays or gets against `quote`; None when its limit or stop is not reached."""
    price = quote.price_for(order.terms.side)
    return price if _trades_at(order, price) else None


def price_within(order: PaperOrder, bar: Bar, instrument: Instrument) -> Decimal | None:
    """What a working order pays or gets during `bar`; None when its limit or stop is not reached.

    The limit or the stop, or the open when the bar opens beyond it; the open for what is left of a MARKET
    order.
    """
    terms = order.terms
    if _trades_at(order, bar.open):
        # As for a quote: what rounds to nothing is the smallest price there is.
        opened = max(instrument.round_price(bar.open), instrument.price_increment)
        if terms.limit_price is not None and not _is_within_limit(terms, opened):
            return terms.limit_price
        return opened
    if terms.limit_price is not None:
        best = bar.low if terms.side is Side.BUY else bar.high
        return terms.limit_price if _is_within_limit(terms, best) else None
    worst = bar.high if terms.side is Side.BUY else bar.low
    return terms.stop_price if _trades_at(order, worst) else None


def in_order_of_trading(orders: Iterable[PaperOrder], bar: Bar) -> list[PaperOrder]:
    """Who trades first during `bar`: whoever trades at its open, then stops, then limits, each by age.

    Nobody knows which of a stop and a target within one bar came first: the worse one is taken to have.
    """
    return sorted(
        orders,
        key=lambda order: (not _trades_at(order, bar.open), order.terms.order_type is not OrderType.STOP),
    )


def commission_of(notional: Decimal, commission_bps: Decimal) -> Decimal:
    """Commission on `notional`, rounded to the cent, halves up."""
    return (notional * commission_bps / _BPS).quantize(_CENT, ROUND_HALF_UP)


def _trades_at(order: PaperOrder, price: Decimal) -> bool:
    terms = order.terms
    if terms.stop_price is not None and not order.triggered:
        return price >= terms.stop_price if terms.side is Side.BUY else price <= terms.stop_price
    return _is_within_limit(terms, price)


def _is_within_limit(terms: OrderTerms, price: Decimal) -> bool:
    if terms.limit_price is None:
        return True
    return price <= terms.limit_price if terms.side is Side.BUY else price >= terms.limit_price
