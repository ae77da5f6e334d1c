"""Checks a vendor's daily rows and stores those that are bars. Nothing is dropped without being listed."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from jax.domain.bar import Bar
from jax.domain.session import ExchangeSession
from jax.modules.market_data.import_report import Gap, ImportReport, Problem
from jax.modules.market_data.read_row import BadRow, adjusted_bar, read_numbers
from jax.ports.bar_source import BarSource, RawDailyBar, UnreadableRow
from jax.ports.market_data import MarketData
from jax.ports.series_register import SeriesRegister
from jax.ports.session_calendar import SessionCalendar

_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)
_NOTE_EVERY = 500

Progress = Callable[[int], object]
_Sessions = Mapping[date, ExchangeSession]


@dataclass(slots=True)
class _Checked:
    """What has been found so far."""

    rows: int = 0
    bars: list[Bar] = field(default_factory=list)
    rejected: list[Problem] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class ImportBars:
    """The use case: source to store, by the exchange's calendar."""

    def __init__(
        self, *, source: BarSource, calendar: SessionCalendar, store: MarketData, register: SeriesRegister
    ) -> None:
        self._source = source
        self._calendar = calendar
        self._store = store
        self._register = register

    async def run(self, *, skip_bad_rows: bool = False, progress: Progress | None = None) -> ImportReport:
        """Imports everything; a second run finds it all there already.

        One rejected row keeps everything out of the store, unless `skip_bad_rows`. `progress` hears how many
        rows were read so far. Conflict when the store has other values for a bar, or other terms for its
        instrument; Unavailable.
        """
        checked = _Checked()
        # In a thread of its own: the caller's event loop goes on while thousands of rows are looked at.
        await asyncio.to_thread(self._check, checked, progress)
        counts = Counter(bar.symbol for bar in checked.bars)
        imported = already_there = 0
        if skip_bad_rows or not checked.rejected:
            accepted = [found for found in self._source.instruments() if counts[found.symbol]]
            await self._register.record(self._source.vendor, accepted)
            imported = await self._store.append(checked.bars)
            already_there = len(checked.bars) - imported
        return ImportReport(
            vendor=self._source.vendor,
            rows=checked.rows,
            imported=imported,
            already_there=already_there,
            rejected=tuple(sorted(checked.rejected, key=lambda problem: problem.line)),
            gaps=tuple(checked.gaps),
            bars=dict(sorted(counts.items())),
        )

    def _check(self, checked: _Checked, progress: Progress | None) -> None:
        listed_at = {instrument.symbol: instrument.mic for instrument in self._source.instruments()}
        by_symbol: dict[str, list[RawDailyBar]] = {symbol: [] for symbol in listed_at}
        for row in _readable(self._source.rows(), checked, progress):
            problem = _wrong_key(row, by_symbol)
            if problem is None:
                by_symbol[row.symbol].append(row)
            else:
                _reject(checked, row, problem)
        known = {symbol: rows for symbol, rows in by_symbol.items() if rows}
        sessions = self._sessions(known, listed_at)
        for symbol, rows in sorted(known.items()):
            _check_symbol(rows, sessions[listed_at[symbol]], checked)

    def _sessions(
        self, by_symbol: Mapping[str, Sequence[RawDailyBar]], listed_at: Mapping[str, str]
    ) -> Mapping[str, _Sessions]:
        """By exchange and date, as far as the exchange's rows reach."""
        dates: dict[str, list[date]] = defaultdict(list)
        for symbol, rows in by_symbol.items():
            dates[listed_at[symbol]].extend(row.session_date for row in rows)
        found = {}
        for mic, days in dates.items():
            sessions, _ = self._calendar.sessions(mic, first=min(days), last=max(days))
            found[mic] = {session.session_date: session for session in sessions}
        return found


def _readable(
    rows: Iterator[RawDailyBar], checked: _Checked, progress: Progress | None
) -> Iterator[RawDailyBar]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except UnreadableRow as error:
            checked.rejected.append(Problem(error.line, None, None, error.problem))
            checked.rows += 1
            continue
        checked.rows += 1
        if progress is not None and checked.rows % _NOTE_EVERY == 0:
            progress(checked.rows)
        yield row
    if progress is not None:
        progress(checked.rows)


def _wrong_key(row: RawDailyBar, by_symbol: Mapping[str, object]) -> str | None:
    if row.symbol not in by_symbol:
        return f"{row.symbol[:40]!r} is not a symbol of this source"
    if not (_EARLIEST <= row.session_date <= _LATEST):
        return f"the date is not from {_EARLIEST} to {_LATEST}"
    return None


def _check_symbol(rows: Sequence[RawDailyBar], sessions: _Sessions, checked: _Checked) -> None:
    by_date: dict[date, list[RawDailyBar]] = defaultdict(list)
    for row in rows:
        by_date[row.session_date].append(row)
    for day in sorted(by_date):
        the_one = _the_one(by_date[day], checked)
        if the_one is None:
            continue
        try:
            checked.bars.append(_bar(the_one, sessions))
        except BadRow as error:
            _reject(checked, the_one, str(error))
    checked.gaps.extend(_gaps(rows[0].symbol, by_date, sessions))


def _bar(row: RawDailyBar, sessions: _Sessions) -> Bar:
    session = sessions.get(row.session_date)
    if session is None:
        raise BadRow("the exchange had no session on this day")
    return adjusted_bar(row.symbol, read_numbers(row), session)


def _the_one(rows: Sequence[RawDailyBar], checked: _Checked) -> RawDailyBar | None:
    """The row of a day: the first of equal ones, none of those that contradict one another."""
    first = rows[0]
    if len({_values(row) for row in rows}) == 1:
        for row in rows[1:]:
            _reject(checked, row, f"repeats line {first.line}")
        return first
    for row in rows:
        others = ", ".join(str(other.line) for other in rows if other is not row)
        _reject(checked, row, f"contradicts line {others}, which is for the same day")
    return None


def _values(row: RawDailyBar) -> tuple[str, ...]:
    return row.open, row.high, row.low, row.close, row.adjusted_close, row.volume


def _gaps(symbol: str, by_date: Mapping[date, object], sessions: _Sessions) -> Iterator[Gap]:
    first, last = min(by_date), max(by_date)
    missing: list[date] = []
    for day in sorted(sessions):
        if not (first <= day <= last):
            continue
        if day not in by_date:
            missing.append(day)
        elif missing:
            yield Gap(symbol, missing[0], missing[-1], len(missing))
            missing = []
    if missing:  # the symbol's last row is on a day without a session
        yield Gap(symbol, missing[0], missing[-1], len(missing))


def _reject(checked: _Checked, row: RawDailyBar, what: str) -> None:
    checked.rejected.append(Problem(row.line, row.symbol[:40], row.session_date, what))
