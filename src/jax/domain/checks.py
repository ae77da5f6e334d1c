"""Checks that every value of the domain makes of its own fields.

Each limit is written so that NaN fails it; each returns the value, so that it can be used in place.
"""

import re
from datetime import datetime, timedelta
from decimal import Context, Decimal
from functools import lru_cache

from jax.domain.errors import InvalidValue

# What NUMERIC(20, 8) holds, with room for a notional of price x quantity below 10**18.
LARGEST = Decimal(10) ** 12
_SMALLEST = -LARGEST
DECIMAL_PLACES = 8
_LAST_PLACE = Decimal(1).scaleb(-DECIMAL_PLACES)
_quantized = Context(prec=28).quantize
_NO_OFFSET = timedelta(0)
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-/]{0,31}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PERSON = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MIC = re.compile(r"[A-Z0-9]{4}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


def finite(field: str, value: Decimal) -> Decimal:
    """A finite Decimal below 10**12 in size with at most 8 decimal places."""
    if not isinstance(value, Decimal):
        raise InvalidValue(field, f"must be a Decimal, not {type(value).__name__}")
    # Comparisons are exact, while abs() and normalize() would round to the caller's precision.
    if not (value.is_finite() and _SMALLEST < value < LARGEST):
        raise InvalidValue(field, f"{value} is not a finite number below {LARGEST:.0e}")
    if value != _quantized(value, _LAST_PLACE):
        raise InvalidValue(field, f"{value} has more than {DECIMAL_PLACES} decimal places")
    return value


def positive(field: str, value: Decimal) -> Decimal:
    """A finite Decimal above zero."""
    if not (finite(field, value) > 0):
        raise InvalidValue(field, f"must be above zero, not {value}")
    return value


def not_negative(field: str, value: Decimal) -> Decimal:
    """A finite Decimal, zero or above."""
    if not (finite(field, value) >= 0):
        raise InvalidValue(field, f"must not be negative, not {value}")
    return value


def fraction(field: str, value: Decimal) -> Decimal:
    """A Decimal in (0, 1]."""
    if not (Decimal(0) < finite(field, value) <= Decimal(1)):
        raise InvalidValue(field, f"must be above 0 and at most 1, not {value}")
    return value


def utc(field: str, value: datetime) -> datetime:
    """A timezone-aware time in UTC."""
    if value.utcoffset() != _NO_OFFSET:  # None when naive
        raise InvalidValue(field, f"{value.isoformat()} is not a timezone-aware UTC time")
    return value


def text(field: str, value: str, *, longest: int = 200) -> str:
    """Printable text, neither empty nor padded."""
    if not (0 < len(value) <= longest and value == value.strip() and value.isprintable()):
        raise InvalidValue(
            field, f"must be 1 to {longest} printable characters without outer spaces, not {value!r}"
        )
    return value


@lru_cache(maxsize=16384)
def _is_match(pattern: re.Pattern[str], value: str) -> bool:
    """The same few symbols, names and hashes stand in every order and fill."""
    return pattern.fullmatch(value) is not None


def _matching(field: str, value: str, pattern: re.Pattern[str], meaning: str) -> str:
    if not _is_match(pattern, value):
        raise InvalidValue(field, f"{value!r} is not {meaning}")
    return value


def symbol(field: str, value: str) -> str:
    """A symbol such as `AAPL`, `BRK.B` or `BTC/USDT`."""
    return _matching(field, value, _SYMBOL, "a symbol (1 to 32 of A-Z 0-9 . - /)")


def name(field: str, value: str) -> str:
    """A strategy's name such as `ma_crossover_v1`."""
    return _matching(field, value, _NAME, "a name (a-z, 0-9 and _, starting with a letter)")


def person(field: str, value: str) -> str:
    """A person's name such as `tessa`: what a login of Postgres may be called without quotes."""
    return _matching(
        field, value, _PERSON, "a person's name (1 to 63 of a-z, 0-9 and _, starting with a letter)"
    )


def mic(field: str, value: str) -> str:
    """A market identifier code, ISO 10383."""
    return _matching(field, value, _MIC, "a market identifier code of four characters (ISO 10383)")


def currency(field: str, value: str) -> str:
    """A currency code, ISO 4217."""
    return _matching(field, value, _CURRENCY, "a currency code of three letters (ISO 4217)")


def sha256(field: str, value: str) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return _matching(field, value, _SHA256, "sha256: and 64 hexadecimal digits")
