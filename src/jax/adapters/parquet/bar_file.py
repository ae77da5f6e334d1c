"""One symbol's bars in one file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from polars.exceptions import PolarsError

from jax.adapters.parquet.bar_encoding import StoredBars, encoded
from jax.adapters.parquet.checked_file import CheckedFile
from jax.domain.bar import Bar, Timeframe
from jax.domain.checks import symbol as checked_symbol
from jax.ports.errors import Unavailable

_SUFFIX = ".parquet"


class BarFile:
    """The file of `symbol`; its name escapes what a file name cannot hold."""

    def __init__(self, root: Path, timeframe: Timeframe, symbol: str) -> None:
        self.symbol = checked_symbol("symbol", symbol)
        self._timeframe = timeframe
        self._file = CheckedFile(root / timeframe.value / f"{quote(symbol, safe='')}{_SUFFIX}")

    @classmethod
    def all_in(cls, root: Path, timeframe: Timeframe) -> list["BarFile"]:
        """The files there are, by symbol."""
        paths = (root / timeframe.value).glob(f"[!.]*{_SUFFIX}")
        symbols = sorted(unquote(path.name.removesuffix(_SUFFIX)) for path in paths)
        return [cls(root, timeframe, symbol) for symbol in symbols]

    def read(self, *, after: datetime | None = None, until: datetime | None = None) -> tuple[Bar, ...]:
        """Bars with after < end <= until, oldest first; none when there is no file. Unavailable."""
        with self._readable():
            stored = self._stored()
            return () if stored is None else tuple(stored.between(after, until))

    def last_end(self) -> datetime | None:
        """The end of the newest bar; None when there is no file. Unavailable."""
        with self._readable():
            stored = self._stored()
            return None if stored is None else stored.last_end()

    def stage(self, bars: Sequence[Bar]) -> None:
        """Writes `bars` beside the file, durably; Unavailable."""
        content = encoded(bars)
        with self._writable():
            self._file.stage(content)

    def commit(self) -> None:
        """What was staged takes the file's place; Unavailable."""
        with self._writable():
            self._file.commit()

    def discard(self) -> None:
        """Forgets what was staged, if it was not committed."""
        self._file.discard()

    def _stored(self) -> StoredBars | None:
        content = self._file.read()
        if content is None:
            return None
        return StoredBars(content, symbol=self.symbol, timeframe=self._timeframe)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, PolarsError) as error:
            raise Unavailable(
                f"The market data file {self._file.path} cannot be read ({_reason(error)}): "
                "remove it and import the bars again"
            ) from error

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(
                f"The market data file {self._file.path} cannot be written ({_reason(error)}): "
                "make its folder writable, with free space"
            ) from error


@contextmanager
def staged(changed: Sequence[tuple[BarFile, Sequence[Bar]]]) -> Iterator[list[BarFile]]:
    """All files staged, to be committed in the block; what is not is discarded. Unavailable."""
    try:
        for file, bars in changed:
            file.stage(bars)
        yield [file for file, _ in changed]
    finally:
        for file, _ in changed:
            file.discard()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
