"""Real daily bars as strategies see them: those of the sample package, and more where their folder is."""

import csv
import io
import zipfile
from functools import cache
from pathlib import Path

import pytest

from jax.adapters.sample_data.bokeh_sample_bars import BokehSampleBars
from jax.domain.strategy import BarValues

_SHARED = Path(__file__).parents[3] / "shared" / "data" / "us_equities" / "daily"
needs_shared_bars = pytest.mark.skipif(
    not _SHARED.is_dir(), reason="the folder with more market data is not here"
)


@cache
def sample_bars(symbol: str) -> tuple[BarValues, ...]:
    """AAPL, FB, GOOG, IBM or MSFT, at most 2000 to 2013."""
    rows = [row for row in BokehSampleBars().rows() if row.symbol == symbol]
    return tuple(
        BarValues(float(row.open), float(row.high), float(row.low), float(row.close), float(row.volume))
        for row in rows
    )


@cache
def shared_bars(symbol: str) -> tuple[BarValues, ...]:
    """Up to 1998 to 2021, not adjusted for splits; for tests that are marked with `needs_shared_bars`."""
    with zipfile.ZipFile(_SHARED / f"{symbol}.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = [[float(field) for field in row[1:6]] for row in csv.reader(io.StringIO(text))]
    return tuple(
        BarValues(open_ / 10_000, high / 10_000, low / 10_000, close / 10_000, volume)
        for open_, high, low, close, volume in rows
    )
