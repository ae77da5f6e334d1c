"""Decimals with one spelling for each value, for everything that is hashed."""

from decimal import Decimal


def plain(value: Decimal) -> str:
    """`value` without exponent and trailing zeros: `0.1`, `12`, `0`; finite values of up to 28 digits."""
    if value == 0:
        return "0"
    return format(value.normalize(), "f")
