"""What a rule is."""

from dataclasses import dataclass
from decimal import Context, Decimal

from jax.domain import checks
from jax.domain.reason_code import ReasonCode

# Room for products and sums of checked numbers, and for quotients that differ from a whole number of lots.
EXACT = Context(prec=120)
_LAST_PLACE = Decimal(1).scaleb(-checks.DECIMAL_PLACES)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `quantity` units (zero or below when none fits), for the reason `reason_code`.

    `numbers` are those that the quantity follows from.
    """

    reason_code: ReasonCode
    quantity: Decimal
    numbers: dict[str, Decimal]


def shown(value: Decimal, rounding: str) -> Decimal:
    """`value` with at most eight places; round it to the side on which it still breaks its limit."""
    rounded = value.quantize(_LAST_PLACE, rounding)
    return value if value == rounded else rounded
