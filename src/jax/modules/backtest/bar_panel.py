"""Bars as the loops read them: columns of floats, and the order in which time visits them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter

import numpy as np

from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.modules.backtest.kernel.arrays import Columns, Floats, Ints, Panel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_US = 86_400_000_000
_YEAR_US = 365.0 * _DAY_US


@dataclass(frozen=True, slots=True, eq=False)
class BarPanel:
    """The bars of `symbols`, sorted by name, one symbol after the other.

    Symbol number s has the rows from `first[s]` to `first[s + 1]`; `starts` and `ends` are microseconds since
    1970 (UTC), by row, `moments` the different ends, by moment.
    """

    symbols: tuple[str, ...]
    first: Ints
    starts: Ints
    ends: Ints
    moments: Ints
    arrays: Panel

    def columns(self, number: int) -> Columns:
        """The bars of symbol number `number` alone."""
        rows = slice(self.first[number], self.first[number + 1])
        return Columns(*(column[rows] for column in self.arrays.columns))


def moment_at(count: int) -> datetime:
    """The time `count` microseconds after 1970 (UTC)."""
    return _EPOCH + timedelta(0, 0, int(count))


def moments_at(counts: Ints) -> list[datetime]:
    """moment_at for each of `counts`."""
    return [_EPOCH + since for since in counts.astype("timedelta64[us]").tolist()]


def microseconds(moment: datetime) -> int:
    """`moment` (UTC) as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def panel_of_bars(bars: Mapping[str, Sequence[Bar]], instruments: Mapping[str, Instrument]) -> BarPanel:
    """The panel of `bars`, each symbol's oldest first.

    InvalidValue names what is wrong: no symbol, no bar, bars that are unsorted, doubled or overlapping (by
    their number, from 1), a bar of another symbol, a missing instrument, mixed currencies.
    """
    _check(bars, instruments)
    symbols = sorted(bars)
    every = [bar for symbol in symbols for bar in bars[symbol]]
    panel = panel_of_columns(
        {symbol: len(bars[symbol]) for symbol in symbols},
        Columns(
            *(_floats(map(attrgetter(field), every), len(every)) for field in Columns._fields[:5]),
            *(np.zeros(len(every)) for _ in Columns._fields[5:]),
        ),
        starts=_times(map(attrgetter("start"), every), len(every)),
        ends=_times(map(attrgetter("end"), every), len(every)),
        contracts=[
            (float(instruments[name].multiplier), float(instruments[name].lot_size)) for name in symbols
        ],
    )
    _check_order(panel, every)
    return panel


def _floats(values: Iterable[Decimal], count: int) -> Floats:
    return np.fromiter(map(float, values), np.float64, count)


def _times(moments: Iterable[datetime], count: int) -> Ints:
    """microseconds of each."""
    since = [moment - _EPOCH for moment in moments]
    days, seconds, rest = (
        np.fromiter(map(attrgetter(part), since), np.int64, count)
        for part in ("days", "seconds", "microseconds")
    )
    found: Ints = (days * 86_400 + seconds) * 1_000_000 + rest
    return found


def panel_of_columns(
    counts: Mapping[str, int],
    columns: Columns,
    *,
    starts: Ints,
    ends: Ints,
    contracts: Sequence[tuple[float, float]],
) -> BarPanel:
    """The panel of columns that hold `counts` bars of each symbol, in that order; nothing is checked."""
    lengths = list(counts.values())
    first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    symbol = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    row = np.lexsort((symbol, ends)).astype(np.int64)
    ordered = ends[row]
    new = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    moments = ordered[new]
    return BarPanel(
        symbols=tuple(counts),
        first=first,
        starts=starts,
        ends=ends,
        moments=moments,
        arrays=Panel(
            columns=columns,
            symbol=symbol[row],
            row=row,
            moment_first=np.append(new, len(row)).astype(np.int64),
            day=moments // _DAY_US,
            gap_years=_gaps(ends, first),
            contracts=np.array(contracts, dtype=np.float64),
        ),
    )


def _gaps(ends: Ints, first: Ints) -> Floats:
    gaps: Floats = np.zeros(len(ends), dtype=np.float64)
    gaps[1:] = np.diff(ends) / _YEAR_US
    gaps[first[:-1]] = 0.0
    return gaps


def _check(bars: Mapping[str, Sequence[Bar]], instruments: Mapping[str, Instrument]) -> None:
    if not bars:
        raise InvalidValue("bars", "there is no symbol to test on")
    for symbol, series in bars.items():
        if symbol not in instruments:
            raise InvalidValue("instruments", f"{symbol} has bars but no instrument")
        _check_bars(symbol, series)
    currencies = {instruments[symbol].currency for symbol in bars}
    if len(currencies) != 1:
        raise InvalidValue("instruments", f"one account has one currency, not {sorted(currencies)}")


def _check_bars(symbol: str, bars: Sequence[Bar]) -> None:
    if not bars:
        raise InvalidValue("bars", f"{symbol} has no bar in the window")
    others = set(map(attrgetter("symbol"), bars)) - {symbol}
    if others:
        raise InvalidValue("bars", f"a bar of {min(others)} is among those of {symbol}")


def _check_order(panel: BarPanel, bars: Sequence[Bar]) -> None:
    """`bars` are those of the panel, by row."""
    early = np.flatnonzero(panel.starts[1:] < panel.ends[:-1]) + 1
    wrong = early[~np.isin(early, panel.first)]
    if len(wrong):
        row = int(wrong[0])
        number = int(np.searchsorted(panel.first, row, side="right")) - 1
        raise InvalidValue(
            "bars",
            f"{panel.symbols[number]}, bar {row - panel.first[number] + 1}: starts "
            f"{bars[row].start.isoformat()}, before the bar in front of it ends "
            f"({bars[row - 1].end.isoformat()}); bars must be sorted, each once",
        )
