"""The bars that a backtest sees, out of what was imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.modules.backtest.data_manifest import DataManifest, manifest_of
from jax.ports.errors import NotFound
from jax.ports.market_data import MarketData
from jax.ports.series_register import Series, SeriesRegister

_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WantedBars:
    """Bars that end within [`data_from`, `data_to`] (UTC; None is open), of `symbols`.

    Without symbols, of every series that has such bars; with them, each must have at least one.
    """

    data_from: datetime | None
    data_to: datetime | None
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BarWindow:
    """The bars by symbol, oldest first, their instruments, and the manifest that names them."""

    bars: Mapping[str, tuple[Bar, ...]]
    instruments: Mapping[str, Instrument]
    manifest: DataManifest


@dataclass(frozen=True, slots=True)
class ReferenceSeries:
    """A series that is compared with or looked at, but not traded: its bars, oldest first."""

    symbol: str
    bars: tuple[Bar, ...]
    manifest: DataManifest


async def read_window(wanted: WantedBars, *, store: MarketData, register: SeriesRegister) -> BarWindow:
    """The bars `wanted`; NotFound for an unknown symbol, InvalidValue when none ends within the window."""
    series = _chosen(wanted, await register.all())
    bars = await _bars(wanted, series, store)
    vendors = sorted({vendor for symbol in bars for vendor in series[symbol].vendors})
    return BarWindow(
        bars=bars,
        instruments={symbol: series[symbol].instrument for symbol in bars},
        manifest=manifest_of(", ".join(vendors), bars),
    )


async def read_reference(
    role: str, symbol: str, window: BarWindow, *, store: MarketData, register: SeriesRegister
) -> ReferenceSeries:
    """All bars of `symbol` up to the end of `window`, what it needs of the past included.

    `role` is what it is for, such as `benchmark`. NotFound for an unknown symbol, InvalidValue when none of
    its bars ends within the window.
    """
    known = await register.all()
    if symbol not in known:
        raise NotFound(f"There are no bars of the {role} {symbol}; there are those of {', '.join(known)}")
    manifest = window.manifest
    bars = await store.bars(symbol, Timeframe.DAY, until=manifest.last_end)
    if not (bars and bars[-1].end >= manifest.first_end):
        raise InvalidValue(
            role,
            f"no bar of {symbol} ends from {manifest.first_end.isoformat()} to "
            f"{manifest.last_end.isoformat()}: import some, or leave it out",
        )
    return ReferenceSeries(symbol, bars, manifest_of(", ".join(known[symbol].vendors), {symbol: bars}))


def _chosen(wanted: WantedBars, known: Mapping[str, Series]) -> Mapping[str, Series]:
    if not known:
        raise NotFound("There are no bars to test on: import some with `jax-research import`")
    for symbol in wanted.symbols:
        if symbol not in known:
            raise NotFound(f"There are no bars of {symbol}; there are those of {', '.join(known)}")
    return {symbol: known[symbol] for symbol in wanted.symbols or known}


async def _bars(
    wanted: WantedBars, series: Mapping[str, Series], store: MarketData
) -> Mapping[str, tuple[Bar, ...]]:
    after = None if wanted.data_from is None else wanted.data_from - _JUST_BEFORE
    found: dict[str, tuple[Bar, ...]] = {}
    for symbol in sorted(series):
        bars = await store.bars(symbol, Timeframe.DAY, after=after, until=wanted.data_to)
        if bars or wanted.symbols:
            found[symbol] = bars
    empty = [symbol for symbol, bars in found.items() if not bars]
    if empty or not found:
        raise InvalidValue("window", f"no bar of {', '.join(empty) or 'any symbol'} ends within it")
    return found
