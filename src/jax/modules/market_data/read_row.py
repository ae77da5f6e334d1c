"""From one vendor's row to a bar, or to what is wrong with it."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from jax.domain.bar import Bar, Timeframe
from jax.domain.checks import LARGEST
from jax.domain.errors import InvalidValue
from jax.domain.session import ExchangeSession
from jax.ports.bar_source import RawDailyBar

PRICE_PLACES = Decimal("0.000001")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(s?nan|inf(inity)?)", re.ASCII | re.IGNORECASE)
_PRICES = ("open", "high", "low", "close", "adjusted_close")


class BadRow(ValueError):
    """The row cannot be a bar; the message says why."""


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """A row's numbers as the vendor wrote them: finite, prices above zero, high and low around the rest."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    adjusted_close: Decimal
    volume: Decimal


def read_numbers(row: RawDailyBar) -> RowNumbers:
    """The numbers of `row`; BadRow names the first thing that is wrong with them."""
    prices = {field: _price(field, getattr(row, field)) for field in _PRICES}
    numbers = RowNumbers(**prices, volume=_volume(row.volume))
    if not (numbers.low <= numbers.high):
        raise BadRow(f"the high {numbers.high} is below the low {numbers.low}")
    for field in ("open", "close"):
        price = getattr(numbers, field)
        if not (numbers.low <= price <= numbers.high):
            raise BadRow(f"the {field} {price} lies outside the low {numbers.low} to the high {numbers.high}")
    return numbers


def adjusted_bar(symbol: str, numbers: RowNumbers, session: ExchangeSession) -> Bar:
    """The bar of `session`, adjusted for splits and dividends; BadRow when no bar can hold it.

    Open, high and low are multiplied by adjusted close / close, and all are rounded to six decimal places;
    high and low still enclose the rest. Volume stays as it was traded.
    """
    factor = numbers.adjusted_close / numbers.close
    open_, high, low = (_rounded(price * factor) for price in (numbers.open, numbers.high, numbers.low))
    close = _rounded(numbers.adjusted_close)
    try:
        return Bar(
            symbol=symbol,
            timeframe=Timeframe.DAY,
            start=session.opens_at,
            end=session.closes_at,
            open=open_,
            # The close is rounded from another number than high and low are: at a tie they may part.
            high=max(high, close),
            low=min(low, close),
            close=close,
            volume=numbers.volume,
        )
    except InvalidValue as error:
        raise BadRow(f"adjusted, it cannot be a bar ({error})") from error


def _price(field: str, written: str) -> Decimal:
    price = _number(field, written)
    name = field.replace("_", " ")
    if not (price > 0):
        raise BadRow(f"the {name} {written} is not above zero")
    if not (PRICE_PLACES <= price < LARGEST):
        raise BadRow(f"the {name} {written} is not a price from {PRICE_PLACES} to {LARGEST:.0e}")
    return price


def _volume(written: str) -> Decimal:
    volume = _number("volume", written)
    if not (volume >= 0):
        raise BadRow(f"the volume {written} is negative")
    return volume


def _number(field: str, written: str) -> Decimal:
    name = field.replace("_", " ")
    if _NUMBER.fullmatch(written):
        return Decimal(written)
    if _NOT_FINITE.fullmatch(written):
        raise BadRow(f"the {name} {written} is not finite")
    raise BadRow(f"the {name} {written[:40]!r} is not a number")


def _rounded(price: Decimal) -> Decimal:
    return price.quantize(PRICE_PLACES, ROUND_HALF_EVEN)
