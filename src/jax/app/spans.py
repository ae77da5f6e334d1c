"""Spans of time and moments as people write them on a command line."""

import re
from datetime import UTC, datetime, timedelta

from jax.domain.errors import InvalidValue

_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(option: str, written: str) -> timedelta:
    """Such as 90s, 15m, 1h, 5d; InvalidValue."""
    found = _SPAN.fullmatch(written)
    if found is None:
        raise InvalidValue(option, f"{written!r} is no span of time such as 90s, 15m, 1h or 5d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment(option: str, written: str, *, now: datetime) -> datetime:
    """A span before `now`, or a date or time with its offset (without one: UTC); InvalidValue."""
    if _SPAN.fullmatch(written):
        return now - span(option, written)
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidValue(
            option, f"{written!r} is neither a span such as 5d nor a time such as 2026-01-15T14:30Z"
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
