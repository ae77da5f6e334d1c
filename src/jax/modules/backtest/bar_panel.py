"""Bars as the loops read them: columns of floats, and the order in which time visits them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

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
    return _EPOCH + timedelta(microseconds=int(count))


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
    prices = [[float(getattr(bar, field)) for bar in every] for field in Columns._fields[:5]]
    trends = [np.zeros(len(every)) for _ in Columns._fields[5:]]
    return panel_of_columns(
        {symbol: len(bars[symbol]) for symbol in symbols},
        Columns(*(np.array(column, dtype=np.float64) for column in prices), *trends),
        starts=np.array([microseconds(bar.start) for bar in every], dtype=np.int64),
        ends=np.array([microseconds(bar.end) for bar in every], dtype=np.int64),
        contracts=[
            (float(instruments[name].multiplier), float(instruments[name].lot_size)) for name in symbols
        ],
    )


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
    for bar in bars:
        if bar.symbol != symbol:
            raise InvalidValue("bars", f"a bar of {bar.symbol} is among those of {symbol}")
    for row, (earlier, later) in enumerate(pairwise(bars), start=2):
        if not (earlier.end <= later.start):
            raise InvalidValue(
                "bars",
                f"{symbol}, bar {row}: starts {later.start.isoformat()}, before the bar in front of it "
                f"ends ({earlier.end.isoformat()}); bars must be sorted, each once",
            )
