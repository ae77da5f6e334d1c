"""What every BarSource does."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from jax.adapters.sample_data.bokeh_sample_bars import BokehSampleBars
from jax.adapters.sample_data.csv_bars import CsvBars
from jax.domain.errors import InvalidValue
from jax.ports.bar_source import BarSource, RawDailyBar, UnreadableRow
from jax.ports.errors import Unavailable

HEADER = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close"


def csv_file(folder: Path, *lines: str) -> Path:
    path = folder / "bars.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(params=["sample", "csv"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> BarSource:
    if request.param == "sample":
        return BokehSampleBars()
    rows = (
        "MSFT,2020-01-02,1,2,1,2,10,1.5",
        "AAPL,2020-01-02,3,4,3,4,0,3.5",
        "",
        "AAPL,2020-01-03,3,4,3,4,0,3",
    )
    return CsvBars(csv_file(tmp_path, HEADER, *rows), mic="XNAS", currency="USD")


def test_every_row_is_of_an_instrument_that_it_names(source: BarSource) -> None:
    symbols = {instrument.symbol for instrument in source.instruments()}
    assert {row.symbol for row in source.rows()} == symbols


def test_instruments_are_named_once(source: BarSource) -> None:
    symbols = [instrument.symbol for instrument in source.instruments()]
    assert sorted(set(symbols)) == sorted(symbols)


def test_lines_are_those_of_the_source_and_only_go_up(source: BarSource) -> None:
    lines = [row.line for row in source.rows()]
    assert lines[0] == 2  # below the header
    assert lines == sorted(set(lines))


def test_rows_can_be_read_again_and_are_the_same(source: BarSource) -> None:
    assert list(source.rows()) == list(source.rows())


def test_the_vendor_is_a_name_that_evidence_can_hold(source: BarSource) -> None:
    assert source.vendor.strip() == source.vendor
    assert 0 < len(source.vendor) < 100


def test_the_sample_series_are_those_that_the_package_describes() -> None:
    source = BokehSampleBars()
    rows = list(source.rows())
    assert {i.symbol: i.mic for i in source.instruments()} == {
        "AAPL": "XNAS",
        "FB": "XNAS",
        "GOOG": "XNAS",
        "IBM": "XNYS",
        "MSFT": "XNAS",
    }
    assert source.vendor.startswith("bokeh_sampledata 20")
    assert rows[0] == RawDailyBar(
        2, "AAPL", date(2000, 3, 1), "118.56", "132.06", "118.5", "130.31", "4.186662803811", "9616100"
    )
    assert len(rows) == 12_154


def read_all(source: BarSource) -> tuple[list[RawDailyBar], list[UnreadableRow]]:
    rows, read, errors = source.rows(), [], []
    while True:
        try:
            read.append(next(rows))
        except UnreadableRow as error:
            errors.append(error)
        except StopIteration:
            return read, errors


def test_reading_goes_on_after_a_row_that_cannot_be_read(tmp_path: Path) -> None:
    lines = ("A,2020-01-02,1,2,1,2,10,1", "A,soon,1,2,1,2,10,1", "A,2020-01-03", "A,2020-01-06,1,2,1,2,10,1")
    read, errors = read_all(CsvBars(csv_file(tmp_path, HEADER, *lines), mic="XNAS", currency="USD"))
    assert [row.line for row in read] == [2, 5]
    assert [str(error) for error in errors] == [
        "line 3: 'soon' is not a date like 2000-12-31",
        "line 4: has 2 columns, not 8",
    ]


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\nA,2020-01-02,1,2,1,2,10,1\r\n".encode())
    (row,) = CsvBars(path, mic="XNAS", currency="USD").rows()
    assert (row.symbol, row.adjusted_close) == ("A", "1")


@pytest.mark.parametrize(
    "lines", [(), ("Date,Open",), ("A,2020-01-02,1,2,1,2,10,1",), (HEADER.lower(),), ('"Ticker',)]
)
def test_a_file_with_another_header_is_named(tmp_path: Path, lines: Sequence[str]) -> None:
    path = csv_file(tmp_path, *lines)
    with pytest.raises(InvalidValue, match=r"header: the first line of .*bars\.csv must be Ticker,Date"):
        CsvBars(path, mic="XNAS", currency="USD").rows()


def test_a_file_that_is_not_there_is_named_with_the_reason(tmp_path: Path) -> None:
    source = CsvBars(tmp_path / "no.csv", mic="XNAS", currency="USD")
    with pytest.raises(Unavailable, match=r"no\.csv cannot be read \(No such file or directory\)"):
        source.rows()


def test_symbols_that_cannot_be_any_are_no_instruments(tmp_path: Path) -> None:
    lines = ("apple inc,2020-01-02,1,2,1,2,10,1", "AAPL,2020-01-02,1,2,1,2,10,1")
    source = CsvBars(csv_file(tmp_path, HEADER, *lines), mic="XNAS", currency="USD")
    assert [instrument.symbol for instrument in source.instruments()] == ["AAPL"]


@pytest.mark.parametrize(("mic", "currency"), [("NASDAQ", "USD"), ("XNAS", "dollars")])
def test_terms_that_cannot_be_are_refused(tmp_path: Path, mic: str, currency: str) -> None:
    path = csv_file(tmp_path, HEADER, "AAPL,2020-01-02,1,2,1,2,10,1")
    with pytest.raises(InvalidValue, match=r"mic|currency"):
        CsvBars(path, mic=mic, currency=currency).instruments()
