"""Reads the fields of a payload's document; every error names the field."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from jax.domain import checks
from jax.domain.canonical_json import Json
from jax.domain.errors import InvalidValue

_Word = TypeVar("_Word", bound=StrEnum)
# Decimal() would also take spaces, underscores, exponents and the digits of other scripts.
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def mapping(field: str, value: Json) -> Mapping[str, Json]:
    """An object."""
    if not isinstance(value, Mapping):
        raise InvalidValue(field, "must be an object")
    return value


def section(
    field: str, value: Json, *, keys: frozenset[str], optional: frozenset[str] = frozenset()
) -> Mapping[str, Json]:
    """An object with exactly these keys, and any of the optional ones."""
    found = mapping(field, value)
    if found.keys() - optional != keys:
        missing, unknown = sorted(keys - found.keys()), sorted(found.keys() - keys - optional)
        raise InvalidValue(field, f"lacks {missing or 'nothing'}, has unknown {unknown or 'nothing'}")
    return found


def text(field: str, value: Json, *, longest: int = 200) -> str:
    """Printable text in Unicode's NFC, neither empty nor padded."""
    if not isinstance(value, str):
        raise InvalidValue(field, "must be text")
    if unicodedata.normalize("NFC", value) != value:
        raise InvalidValue(field, f"{value!r} is not in Unicode's normal form NFC")
    return checks.text(field, value, longest=longest)


def sha256(field: str, value: Json) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return checks.sha256(field, text(field, value))


def hex_sha256(field: str, value: Json) -> str:
    """64 hexadecimal digits, given back as `sha256:` and those digits."""
    return checks.sha256(field, f"sha256:{text(field, value)}")


def flag(field: str, value: Json) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidValue(field, "must be true or false")
    return value


def items(field: str, value: Json) -> Sequence[Json]:
    """A list."""
    if not isinstance(value, list):
        raise InvalidValue(field, "must be a list")
    return value


def word(field: str, value: Json, words: type[_Word]) -> _Word:
    """One of the values of an enum."""
    try:
        return words(text(field, value))
    except ValueError as error:
        raise InvalidValue(field, f"{value!r} is none of {', '.join(words)}") from error


def whole(field: str, value: Json) -> int:
    """An integer."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue(field, "must be an integer")
    return value


def at_least_one(field: str, value: Json) -> int:
    """An integer, 1 or above."""
    found = whole(field, value)
    if found < 1:
        raise InvalidValue(field, f"must be at least 1, not {found}")
    return found


def number(field: str, value: Json) -> int | Decimal:
    """An integer, or a decimal written as text without exponent, at most 8 places and below 10**12."""
    if isinstance(value, int):
        return whole(field, value)
    written = text(field, value)
    if _DECIMAL.fullmatch(written) is None:
        raise InvalidValue(field, f"{written!r} is not a decimal number such as -12.5")
    return checks.finite(field, Decimal(written))


def sorted_texts(field: str, value: Json) -> tuple[str, ...]:
    """At least one text, sorted, each once."""
    if not isinstance(value, list) or not value:
        raise InvalidValue(field, "must be a list of at least one text")
    texts = tuple(text(field, item) for item in value)
    if list(texts) != sorted(set(texts)):
        raise InvalidValue(field, "must be sorted, each once")
    return texts


def time(field: str, value: Json) -> datetime:
    """An RFC 3339 time in UTC with Z, to the second."""
    written = text(field, value)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise InvalidValue(field, f"{written!r} is not an RFC 3339 time") from error
    if moment.utcoffset() != timedelta(0) or timestamp(moment) != written:
        raise InvalidValue(field, f"{written!r} is not an RFC 3339 time in UTC with Z")
    return moment


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with Z, to the second."""
    return checks.utc("timestamp", moment).strftime("%Y-%m-%dT%H:%M:%SZ")
