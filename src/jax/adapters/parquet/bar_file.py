"""One symbol's bars in one file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, unquote

import polars as pl

from jax.domain.bar import Bar, Timeframe
from jax.domain.checks import DECIMAL_PLACES
from jax.domain.checks import symbol as checked_symbol
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue
from jax.ports.errors import Unavailable

_TIME = pl.Datetime("us", "UTC")
_NUMBER = pl.Decimal(38, DECIMAL_PLACES)
_NUMBERS = ("open", "high", "low", "close", "volume")
_SCHEMA = pl.Schema({"start": _TIME, "end": _TIME, **dict.fromkeys(_NUMBERS, _NUMBER)})
_SUFFIX = ".parquet"


class BarFile:
    """The file of `symbol`; its name escapes what a file name cannot hold."""

    def __init__(self, root: Path, timeframe: Timeframe, symbol: str) -> None:
        self.symbol = checked_symbol("symbol", symbol)
        self._timeframe = timeframe
        self._path = root / timeframe.value / f"{quote(symbol, safe='')}{_SUFFIX}"
        self._staging = self._path.with_name(f".{self._path.name}.new")

    @classmethod
    def all_in(cls, root: Path, timeframe: Timeframe) -> list["BarFile"]:
        """The files there are, by symbol."""
        paths = (root / timeframe.value).glob(f"[!.]*{_SUFFIX}")
        symbols = sorted(unquote(path.name.removesuffix(_SUFFIX)) for path in paths)
        return [cls(root, timeframe, symbol) for symbol in symbols]

    def read(self, *, after: datetime | None = None, until: datetime | None = None) -> tuple[Bar, ...]:
        """Bars with after < end <= until, oldest first; none when there is no file."""
        frame = self._load(list(_SCHEMA))
        if after is not None:
            frame = frame.filter(pl.col("end") > after)
        if until is not None:
            frame = frame.filter(pl.col("end") <= until)
        try:
            return tuple(self._bar(*row) for row in frame.iter_rows())
        except InvalidValue as error:
            raise self._unreadable(str(error)) from error

    def last_end(self) -> datetime:
        """The end of the newest bar."""
        ends = self._load(["end"]).get_column("end")
        last = ends.max()
        if not isinstance(last, datetime):
            raise self._unreadable("it holds no bar")
        return last.astimezone(UTC)

    def stage(self, bars: Sequence[Bar]) -> None:
        """Writes `bars` beside the file, durably; OSError when that cannot be done."""
        rows = [(b.start, b.end, b.open, b.high, b.low, b.close, b.volume) for b in bars]
        frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
        self._path.parent.mkdir(exist_ok=True, mode=0o700)
        descriptor = os.open(self._staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            frame.write_parquet(file, compression="zstd", statistics=True)
            file.flush()
            os.fsync(file.fileno())

    def commit(self) -> None:
        """What was staged takes the file's place at once."""
        self._staging.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def discard(self) -> None:
        """Forgets what was staged, if it was not committed."""
        with suppress(OSError):
            self._staging.unlink(missing_ok=True)

    def unwritable(self, error: Exception) -> Unavailable:
        """The error for a folder that cannot be written."""
        reason = getattr(error, "strerror", None) or error
        return Unavailable(
            f"The market data file {self._path} cannot be written ({reason}): "
            "make its folder writable, with free space; nothing was changed"
        )

    def _load(self, columns: list[str]) -> pl.DataFrame:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return pl.DataFrame(schema={name: _SCHEMA[name] for name in columns})
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from error
        try:
            frame = pl.read_parquet(content, columns=columns)
        # A file that was cut short makes polars raise its own errors, or those of Python.
        except (pl.exceptions.PolarsError, ValueError, OSError) as error:
            raise self._unreadable("it is not a whole Parquet file") from error
        if dict(frame.schema) != {name: _SCHEMA[name] for name in columns}:
            raise self._unreadable("its columns are not those of bars")
        return frame

    def _bar(self, start: datetime, end: datetime, *numbers: Decimal) -> Bar:
        # The column pads every number to its eight places.
        open_, high, low, close, volume = (Decimal(plain(number)) for number in numbers)
        return Bar(
            self.symbol,
            self._timeframe,
            start.replace(tzinfo=UTC),
            end.replace(tzinfo=UTC),
            open_,
            high,
            low,
            close,
            volume,
        )

    def _unreadable(self, reason: str) -> Unavailable:
        return Unavailable(
            f"The market data file {self._path} cannot be read ({reason}): "
            "remove it and import the bars again"
        )


@contextmanager
def staged(changed: Sequence[tuple[BarFile, Sequence[Bar]]]) -> Iterator[list[BarFile]]:
    """All files staged, to be committed in the block; what is not is discarded. Unavailable."""
    try:
        for file, bars in changed:
            try:
                file.stage(bars)
            except (OSError, pl.exceptions.PolarsError) as error:
                raise file.unwritable(error) from error
        yield [file for file, _ in changed]
    finally:
        for file, _ in changed:
            file.discard()
