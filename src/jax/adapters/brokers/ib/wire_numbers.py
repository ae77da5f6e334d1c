"""Numbers between us and the gateway, which writes decimals; the client in between reads them as floats."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from jax.domain import checks
from jax.domain.decimal_text import plain

# What the client says for a field that the gateway left empty: the largest float.
_UNSET = 1.7976931348623157e308
_LAST_PLACE = Decimal(1).scaleb(-checks.DECIMAL_PLACES)
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)


def decimal_of(number: float) -> Decimal | None:
    """The decimal that was on the wire, to eight places; None for what was left empty or is no number.

    A float's shortest spelling gives back every decimal of up to 15 digits as it was written.
    """
    if not (abs(number) < _UNSET):
        return None
    told = Decimal(repr(number))
    if not (abs(told) < checks.LARGEST):
        return None
    return Decimal(plain(told.quantize(_LAST_PLACE, context=_EXACT)))


def quantity_of(number: float) -> Decimal:
    """As `decimal_of`; an empty field is nothing."""
    return decimal_of(number) or Decimal(0)
