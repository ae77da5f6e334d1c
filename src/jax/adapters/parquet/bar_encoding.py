"""Bars as the bytes of a Parquet file, and back, exactly."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl

from jax.domain.bar import Bar, Timeframe
from jax.domain.checks import DECIMAL_PLACES

_TIME = pl.Datetime("us", "UTC")
_NUMBER = pl.Decimal(38, DECIMAL_PLACES)
_NUMBERS = ("open", "high", "low", "close", "volume")
_NAMES = ("symbol", "timeframe")
# The column pads every number to its eight places.
_UNPADDED = pl.col(_NUMBERS).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
_SCHEMA = pl.Schema(
    {
        **dict.fromkeys(_NAMES, pl.String()),
        **dict.fromkeys(("start", "end"), _TIME),
        **dict.fromkeys(_NUMBERS, _NUMBER),
    }
)


def encoded(bars: Sequence[Bar]) -> bytes:
    """The file of `bars`, which are of one symbol and timeframe, at least one."""
    rows = [
        (b.symbol, b.timeframe.value, b.start, b.end, b.open, b.high, b.low, b.close, b.volume) for b in bars
    ]
    file = io.BytesIO()
    pl.DataFrame(rows, schema=_SCHEMA, orient="row").write_parquet(file, compression="zstd")
    return file.getvalue()


class StoredBars:
    """The bars in `content`, which `encoded` wrote; ValueError when they are of something else."""

    def __init__(self, content: bytes, *, symbol: str, timeframe: Timeframe) -> None:
        frame = pl.read_parquet(content)
        if frame.schema != _SCHEMA or frame.is_empty():
            raise ValueError("its columns are not those of bars")
        named = frame.select(_NAMES).unique().rows()
        if named != [(symbol, timeframe.value)]:
            raise ValueError(f"it holds bars of {named}")
        self._symbol = symbol
        self._timeframe = timeframe
        self._frame = frame.drop(_NAMES)

    def last_end(self) -> datetime:
        """The end of the newest bar."""
        last: datetime = self._frame.get_column("end")[-1]
        return last.replace(tzinfo=UTC)

    def between(self, after: datetime | None, until: datetime | None) -> Iterator[Bar]:
        """Bars with after < end <= until, oldest first."""
        frame = self._frame
        if after is not None:
            frame = frame.filter(pl.col("end") > after)
        if until is not None:
            frame = frame.filter(pl.col("end") <= until)
        return (self._bar(*row) for row in frame.with_columns(_UNPADDED).iter_rows())

    def _bar(self, start: datetime, end: datetime, *numbers: str) -> Bar:
        times = (start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
        return Bar(self._symbol, self._timeframe, *times, *map(Decimal, numbers))
