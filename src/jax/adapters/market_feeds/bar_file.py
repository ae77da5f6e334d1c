"""Bars in a file, one JSON object a line, as `POST /api/v1/bars` takes them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any

from jax.domain.bar import Bar, Timeframe
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue

_NUMBERS = ("open", "high", "low", "close", "volume")


def bars_in_file(path: Path) -> Iterator[Bar]:
    """The bars, oldest first; InvalidValue names the line that cannot be read or is out of order."""
    before: datetime | None = None
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            bar = _read(line, f"{path.name} line {number}")
            if before is not None and bar.end < before:
                raise InvalidValue(f"{path.name} line {number}", "ends before the bar of the line above it")
            before = bar.end
            yield bar


def line_of(bar: Bar) -> str:
    """The line of a bar, with its end."""
    numbers = {name: plain(getattr(bar, name)) for name in _NUMBERS}
    times = {"start": bar.start.isoformat(), "end": bar.end.isoformat()}
    return json.dumps({"symbol": bar.symbol, "timeframe": bar.timeframe, **times, **numbers}) + "\n"


def _read(line: str, place: str) -> Bar:
    try:
        document = json.loads(line)
        start, end = _time(document["start"]), _time(document["end"])
        numbers = [_number(document[name]) for name in _NUMBERS]
        return Bar(document["symbol"], Timeframe(document["timeframe"]), start, end, *numbers)
    except (ValueError, TypeError, KeyError, RecursionError, DecimalException, InvalidValue) as error:
        raise InvalidValue(place, f"is no bar: {error!r}") from error


def _time(written: Any) -> datetime:
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError(f"{written!r} has no offset")
    return moment.astimezone(UTC)


def _number(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no number written as text")
    return Decimal(value)
