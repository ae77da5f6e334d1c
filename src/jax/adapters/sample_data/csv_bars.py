"""Bars from a CSV file of one's own."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from jax.adapters.sample_data.csv_rows import CsvRows
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.ports.bar_source import RawDailyBar, UnreadableRow
from jax.ports.errors import Unavailable


class CsvBars:
    """A BarSource over one file; every symbol in it is listed at `mic` and traded in `currency`.

    Bytes that are not UTF-8 are read as replacement characters, so that only their row is refused.
    """

    def __init__(self, path: Path, *, mic: str, currency: str) -> None:
        self._path = path
        self._mic = mic
        self._currency = currency

    @property
    def vendor(self) -> str:
        """The file's name; what was in it is told by the data manifest."""
        return f"csv {self._path.name}"

    def instruments(self) -> Sequence[Instrument]:
        """One for each symbol in the file that can be one, in steps of 0.01 and 1."""
        symbols: set[str] = set()
        rows = self.rows()
        while True:
            try:
                symbols.add(next(rows).symbol)
            except UnreadableRow:
                continue
            except StopIteration:
                break
        found = (self._instrument(symbol) for symbol in sorted(symbols))
        return [instrument for instrument in found if instrument is not None]

    def rows(self) -> Iterator[RawDailyBar]:
        """See BarSource."""
        try:
            # The iterator closes the file after its last row.
            file = self._path.open(encoding="utf-8-sig", errors="replace", newline="")
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unavailable(
                f"The bars in {self._path} cannot be read ({reason}): name a file that exists"
            ) from error
        return CsvRows(file, name=str(self._path))

    def _instrument(self, symbol: str) -> Instrument | None:
        try:
            return Instrument(symbol, self._mic, self._currency, Decimal("0.01"), Decimal(1))
        except InvalidValue as error:
            if error.field == "symbol":
                return None
            raise
