"""When an order fills and at what price: the rules of the paper venue."""

from decimal import ROUND_HALF_UP, Decimal

from jax.adapters.brokers.paper.paper_order import OrderTerms
from jax.domain.bar import Bar
from jax.domain.instrument import Instrument
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
    if terms.limit_price is not None and not instrument.is_on_increment(terms.limit_price):
        return "PRICE_NOT_ON_INCREMENT"
    return None


def price_at_once(terms: OrderTerms, quote: Quote) -> Decimal | None:
    """What the order pays or gets against `quote`; None when its limit is not reached."""
    price = quote.price_for(terms.side)
    return price if terms.limit_price is None or _reaches(terms, price) else None


def price_within(terms: OrderTerms, bar: Bar, instrument: Instrument) -> Decimal | None:
    """What a working LIMIT order pays or gets during `bar`; None when its limit is not reached.

    The limit, or the open when the bar opens beyond it.
    """
    limit = terms.limit_price
    if limit is None:
        return instrument.round_price(bar.open)
    if _reaches(terms, bar.open):
        opened = instrument.round_price(bar.open)
        return opened if _reaches(terms, opened) else limit
    extreme = bar.low if terms.side is Side.BUY else bar.high
    return limit if _reaches(terms, extreme) else None


def commission_of(notional: Decimal, commission_bps: Decimal) -> Decimal:
    """Commission on `notional`, rounded to the cent, halves up."""
    return (notional * commission_bps / _BPS).quantize(_CENT, ROUND_HALF_UP)


def _reaches(terms: OrderTerms, price: Decimal) -> bool:
    if terms.limit_price is None:
        return True
    return price <= terms.limit_price if terms.side is Side.BUY else price >= terms.limit_price
