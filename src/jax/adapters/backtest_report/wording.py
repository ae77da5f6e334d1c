"""Numbers and times as people read them; a dash stands for what is not defined."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import pairwise

from jax.domain.decimal_text import plain

DASH = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_LARGE = Decimal(100)
_CENTS = 2
_COIN_PLACES = 8
_PRICE_DIGITS = 5
# Room for any number that a run may bring forth.
_WIDE = Context(prec=60)


def number(value: Decimal, places: int) -> str:
    """`value` with thousands separated; what rounds to nothing has no sign."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, _WIDE)
    return f"{rounded or abs(rounded):,f}".replace("-", _MINUS)


def percent(value: Decimal | None, places: int = 2) -> str:
    """A fraction in per cent."""
    return DASH if value is None else f"{number(_WIDE.multiply(value, Decimal(100)), places)}%"


def ratio(value: Decimal | None) -> str:
    """A ratio to two places."""
    return DASH if value is None else number(value, 2)


def exact(value: Decimal) -> str:
    """`value` with every digit that it has, thousands separated."""
    return f"{Decimal(plain(value)):,f}".replace("-", _MINUS)


def price(value: Decimal) -> str:
    """To five digits, and at least to cents."""
    return number(value, max(_CENTS, _PRICE_DIGITS - 1 - value.adjusted()) if value else _CENTS)


def quantity(value: Decimal) -> str:
    """A whole number of units as it is, a fraction of one to the fourth place or the fourth digit."""
    if value == value.to_integral_value():
        return number(value, 0)
    return exact(value.quantize(Decimal(1).scaleb(min(-4, value.adjusted() - 3)), ROUND_HALF_EVEN, _WIDE))


def money_places(initial_cash: Decimal) -> int:
    """Places after the point for an account that began so: cents, unless it counts in a coin worth many."""
    return _CENTS if initial_cash >= _LARGE else _COIN_PLACES


def every_bar_a_day(ends: Sequence[datetime]) -> bool:
    """Whether no two of `ends`, in their order, lie on one UTC date, so that a date names a bar."""
    dates = [end.astimezone(UTC).date() for end in ends]
    return all(before != date for before, date in pairwise(dates))


def moment(at: datetime, *, daily: bool) -> str:
    """In UTC: the date when bars are `daily`, else to the minute."""
    utc = at.astimezone(UTC)
    return utc.date().isoformat() if daily else utc.isoformat(" ", "minutes")[:16]
