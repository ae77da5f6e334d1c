"""Signals as people look for them, a page at a time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jax.domain.errors import InvalidValue
from jax.domain.signal import Signal
from jax.domain.signal_filter import SignalFilter, SignalPlace
from jax.ports.unit_of_work import UnitOfWork

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR = re.compile(r"(\d{1,17})-([!-~]{1,64})")


@dataclass(frozen=True, slots=True)
class ListedSignals:
    """Newest first; `next_cursor` leads to the page behind this one, None when there is none."""

    signals: tuple[Signal, ...]
    next_cursor: str | None


class ListSignals:
    """A cursor names the last signal of a page, so what comes meanwhile moves no page."""

    def __init__(self, *, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def page(self, wanted: SignalFilter, *, limit: int, cursor: str | None = None) -> ListedSignals:
        """At most `limit` (1 to 1000) signals behind `cursor`; InvalidValue when that is none of ours."""
        behind = None if cursor is None else _read(cursor)
        async with self._unit_of_work.begin() as transaction:
            page = await transaction.signals.page(wanted, behind=behind, limit=limit)
        return ListedSignals(page.signals, _cursor(page.signals[-1]) if page.has_more else None)


def _cursor(signal: Signal) -> str:
    return f"{(signal.ts_event - _EPOCH) // _MICROSECOND}-{signal.signal_id}"


def _read(cursor: str) -> SignalPlace:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidValue("cursor", f"{cursor!r} is none: take it from `next_cursor` of the page before")
    return SignalPlace(_EPOCH + int(found[1]) * _MICROSECOND, found[2])
