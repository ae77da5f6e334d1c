"""The daily bars of five companies, 2000 to 2013, that the package bokeh_sampledata brings along."""

import gzip
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from jax.adapters.sample_data.csv_rows import CsvRows
from jax.domain.instrument import Instrument
from jax.ports.bar_source import RawDailyBar
from jax.ports.errors import Unavailable

PACKAGE = "bokeh_sampledata"
_LISTED_AT = {"AAPL": "XNAS", "FB": "XNAS", "GOOG": "XNAS", "IBM": "XNYS", "MSFT": "XNAS"}
_REMEDY = "install Jax with the extra `research`"


class BokehSampleBars:
    """A BarSource over the package's own file, read as text: importing the package would import pandas.

    The series are in the public domain. Prices and volumes are as traded; the adjusted close counts splits
    and dividends in, also those after the series' end.
    """

    @property
    def vendor(self) -> str:
        """The package and its version."""
        try:
            return f"{PACKAGE} {version(PACKAGE)}"
        except PackageNotFoundError as error:
            raise Unavailable(f"The package {PACKAGE} is missing: {_REMEDY}") from error

    def instruments(self) -> Sequence[Instrument]:
        """The five companies' shares."""
        return [
            Instrument(symbol, mic, "USD", Decimal("0.01"), Decimal(1)) for symbol, mic in _LISTED_AT.items()
        ]

    def rows(self) -> Iterator[RawDailyBar]:
        """See BarSource."""
        path = _csv_file()
        try:
            text = gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
        except (OSError, EOFError) as error:
            raise Unavailable(f"The sample bars in {path} cannot be read ({error}): {_REMEDY}") from error
        return CsvRows(io.StringIO(text, newline=""), name=str(path))


def _csv_file() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(f"The package {PACKAGE} is missing: {_REMEDY}")
    return Path(spec.submodule_search_locations[0]) / "_data" / "stocks.csv.gz"
