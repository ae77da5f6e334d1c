"""Signals as people look for them, a page at a time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jax.domain.errors import InvalidValue
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.ports.unit_of_work import UnitOfWork

_REACH = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR = re.compile(r"(\d{1,17})-([!-~]{1,64})")


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """None takes every one; `since` and `until` bound `ts_event`, both inclusive."""

    status: SignalStatus | None = None
    strategy: str | None = None
    symbol: str | None = None
    side: Side | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, signal: Signal) -> bool:
        wanted = (
            (self.strategy, signal.strategy),
            (self.symbol, signal.symbol),
            (self.side, signal.side),
        )
        return (
            all(asked is None or asked == found for asked, found in wanted)
            and (self.since is None or signal.ts_event >= self.since)
            and (self.until is None or signal.ts_event <= self.until)
        )


@dataclass(frozen=True, slots=True)
class SignalPage:
    """Newest first; `next_cursor` leads to the page behind this one, None when there is none.

    `is_complete` is False when there are older signals (of the status asked for) than were looked through.
    """

    signals: tuple[Signal, ...]
    next_cursor: str | None
    is_complete: bool


class ListSignals:
    """Looks through the newest 1,000 signals (of the status asked for).

    A cursor names the last signal of a page, so what comes meanwhile moves no page.
    """

    def __init__(self, *, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def page(self, wanted: SignalFilter, *, limit: int, cursor: str | None = None) -> SignalPage:
        """At most `limit` (above 0) signals behind `cursor`; InvalidValue when that is none of ours."""
        behind = None if cursor is None else _read(cursor)
        async with self._unit_of_work.begin() as transaction:
            newest = await transaction.signals.list(status=wanted.status, limit=_REACH)
        found = [
            signal
            for signal in newest
            if wanted.takes(signal) and (behind is None or _place(signal) > behind)
        ]
        page = found[:limit]
        more = _cursor(page[-1]) if len(found) > limit else None
        return SignalPage(tuple(page), more, is_complete=len(newest) < _REACH)


def _place(signal: Signal) -> tuple[int, str]:
    """Sorts as the store does: newest first, then by id."""
    return (-((signal.ts_event - _EPOCH) // _MICROSECOND), signal.signal_id)


def _cursor(signal: Signal) -> str:
    return f"{-_place(signal)[0]}-{signal.signal_id}"


def _read(cursor: str) -> tuple[int, str]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidValue("cursor", f"{cursor!r} is none: take it from `next_cursor` of the page before")
    return (-int(found[1]), found[2])
