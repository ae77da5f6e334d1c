"""Every fault of a row is listed with its line, and nothing is dropped in silence."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.calendars.exchange_calendars_calendar import ExchangeCalendars
from jax.adapters.memory.market_data import MemoryMarketData
from jax.adapters.parquet.json_series_register import JsonSeriesRegister
from jax.adapters.sample_data.csv_bars import CsvBars
from jax.domain.bar import Timeframe
from jax.modules.market_data.import_bars import ImportBars
from jax.modules.market_data.import_report import ImportReport
from jax.ports.errors import Conflict

HEADER = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close"
# 2012-10-29 and 30 the exchange was closed for a storm; 2012-11-22 is Thanksgiving, 23 a half day.
GOOD = {
    "2012-10-25": "IBM,2012-10-25,10,12,9,11,1000,5.5",
    "2012-10-26": "IBM,2012-10-26,11,12,10,11,1000,5.5",
    "2012-10-31": "IBM,2012-10-31,11,13,11,12,1000,6",
    "2012-11-01": "IBM,2012-11-01,12,14,12,13,0,6.5",
}


class Shop:
    """A CSV file, and the stores that it is imported into."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bars.csv"
        self.store = MemoryMarketData()
        self._register = JsonSeriesRegister(folder / "market_data")
        self.series = self._register.all

    async def takes(self, *rows: str, skip_bad_rows: bool = False) -> ImportReport:
        self.path.write_bytes("\n".join([HEADER, *rows, ""]).encode("utf-8", "surrogateescape"))
        use_case = ImportBars(
            source=CsvBars(self.path, mic="XNYS", currency="USD"),
            calendar=ExchangeCalendars(),
            store=self.store,
            register=self._register,
        )
        return await use_case.run(skip_bad_rows=skip_bad_rows)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


async def test_good_rows_become_adjusted_bars_over_their_sessions(shop: Shop) -> None:
    report = await shop.takes(*GOOD.values())
    assert (report.rows, report.imported, report.rejected, report.gaps) == (4, 4, (), ())
    first, *_ = await shop.store.bars("IBM", Timeframe.DAY)
    assert (first.start, first.end) == (
        datetime(2012, 10, 25, 13, 30, tzinfo=UTC),
        datetime(2012, 10, 25, 20, 0, tzinfo=UTC),
    )
    prices = (first.open, first.high, first.low, first.close)
    assert prices == (Decimal(5), Decimal(6), Decimal("4.5"), Decimal("5.5"))
    assert first.volume == 1000


async def test_an_import_again_finds_everything_there(shop: Shop) -> None:
    await shop.takes(*GOOD.values())
    report = await shop.takes(*GOOD.values())
    assert (report.imported, report.already_there, report.stored) == (0, 4, True)


async def test_more_rows_later_are_added(shop: Shop) -> None:
    *before, last = GOOD.values()
    await shop.takes(*before)
    report = await shop.takes(*GOOD.values())
    assert (report.imported, report.already_there) == (1, 3)
    assert last.split(",")[1] == "2012-11-01"


async def test_other_values_for_a_stored_bar_are_a_conflict(shop: Shop) -> None:
    await shop.takes(*GOOD.values())
    with pytest.raises(Conflict, match=r"IBM.*2012-10-25"):
        await shop.takes("IBM,2012-10-25,10,12,9,10,1000,5.5")


async def test_other_terms_for_a_known_symbol_are_a_conflict(shop: Shop) -> None:
    await shop.takes(*GOOD.values())
    elsewhere = CsvBars(shop.path, mic="XNAS", currency="USD")
    use_case = ImportBars(
        source=elsewhere, calendar=ExchangeCalendars(), store=shop.store, register=shop._register
    )
    with pytest.raises(Conflict, match="IBM is known as XNYS USD"):
        await use_case.run()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("IBM,2012-11-02,12,11,13,12,10,6", "the high 11 is below the low 13"),
        ("IBM,2012-11-02,15,14,12,13,10,6", "the open 15 lies outside the low 12 to the high 14"),
        ("IBM,2012-11-02,13,14,12,11,10,6", "the close 11 lies outside the low 12 to the high 14"),
        ("IBM,2012-11-02,0,14,0,13,10,6", "the open 0 is not above zero"),
        ("IBM,2012-11-02,13,14,-12,13,10,6", "the low -12 is not above zero"),
        ("IBM,2012-11-02,13,14,12,13,10,0", "the adjusted close 0 is not above zero"),
        ("IBM,2012-11-02,nan,14,12,13,10,6", "the open nan is not finite"),
        ("IBM,2012-11-02,13,Infinity,12,13,10,6", "the high Infinity is not finite"),
        ("IBM,2012-11-02,13,14,12,thirteen,10,6", "the close 'thirteen' is not a number"),
        ("IBM,2012-11-02,1_3,14,12,13,10,6", "the open '1_3' is not a number"),
        ("IBM,2012-11-02,١٣,14,12,13,10,6", "the open '١٣' is not a number"),
        ("IBM,2012-11-02,13,14,12,13,,6", "the volume '' is not a number"),
        ("IBM,2012-11-02,13,14,12,13,-1,6", "the volume -1 is negative"),
        ("IBM,2012-11-02,13,1e12,12,13,10,6", "the high 1e12 is not a price from 0.000001 to 1e+12"),
        ("IBM,2012-11-02,13,14,1e-9999,13,10,6", "the low 1e-9999 is not a price from 0.000001 to 1e+12"),
        ("IBM,2012-11-02,13,14,0.000001,13,10,0.01", "adjusted, it cannot be a bar (low: must be above zero"),
        ("IBM,2012-11-02,13,14,12,13,1e30,6", "adjusted, it cannot be a bar (volume: "),
        ("IBM,2012-11-03,13,14,12,13,10,6", "the exchange had no session on this day"),
        ("IBM,2012-10-29,13,14,12,13,10,6", "the exchange had no session on this day"),
        ("IBM,1812-11-02,13,14,12,13,10,6", "the date is not from 1900-01-01 to 2199-12-31"),
    ],
)
async def test_a_bad_row_is_listed_with_line_symbol_and_date(shop: Shop, row: str, said: str) -> None:
    report = await shop.takes(*GOOD.values(), row)
    (problem,) = report.rejected
    assert problem.line == 6
    assert problem.symbol == "IBM"
    assert problem.session_date == date.fromisoformat(row.split(",")[1])
    assert problem.what.startswith(said)
    assert str(problem).startswith(f"line 6, IBM, {problem.session_date}: {said}")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("IBM,2012-11-02,13,14", "has 4 columns, not 8"),
        ("IBM,02.11.2012,13,14,12,13,10,6", "'02.11.2012' is not a date like 2000-12-31"),
        ("IBM,2012-02-30,13,14,12,13,10,6", "'2012-02-30' is not a date like 2000-12-31"),
        ("IBM,20121102,13,14,12,13,10,6", "'20121102' is not a date like 2000-12-31"),
        ('IBM,2012-11-02,"13,14,12,13,10,6', "is not CSV (unexpected end of data)"),
    ],
)
async def test_a_row_that_cannot_be_read_is_listed_with_its_line(shop: Shop, row: str, said: str) -> None:
    report = await shop.takes(*GOOD.values(), row)
    assert [(problem.line, problem.what) for problem in report.rejected] == [(6, said)]
    assert report.rows == 5


async def test_rows_after_an_unreadable_one_are_read(shop: Shop) -> None:
    first, *others = GOOD.values()
    report = await shop.takes("half a row", first, "IBM,yesterday,1,1,1,1,1,1", *others, skip_bad_rows=True)
    assert [problem.line for problem in report.rejected] == [2, 4]
    assert report.imported == 4


async def test_bytes_that_are_not_utf_8_spoil_their_row_only(shop: Shop) -> None:
    report = await shop.takes(*GOOD.values(), "IBM,2012-11-02,1\udcff3,14,12,13,10,6", skip_bad_rows=True)
    assert report.imported == 4
    assert "is not a number" in report.rejected[0].what


async def test_a_symbol_that_cannot_be_one_is_listed(shop: Shop) -> None:
    report = await shop.takes(*GOOD.values(), "ibm corp,2012-11-02,13,14,12,13,10,6")
    assert [str(problem) for problem in report.rejected] == [
        "line 6, ibm corp, 2012-11-02: 'ibm corp' is not a symbol of this source"
    ]


async def test_one_bad_row_keeps_everything_out_of_the_store(shop: Shop) -> None:
    report = await shop.takes(*GOOD.values(), "IBM,2012-11-02,0,14,12,13,10,6")
    assert (report.imported, report.already_there, report.stored) == (0, 0, False)
    assert await shop.store.bars("IBM", Timeframe.DAY) == ()
    assert await shop.series() == {}


async def test_bad_rows_may_be_skipped_and_are_listed_all_the_same(shop: Shop) -> None:
    report = await shop.takes(*GOOD.values(), "IBM,2012-11-02,0,14,12,13,10,6", skip_bad_rows=True)
    assert (report.imported, len(report.rejected)) == (4, 1)
    assert set(await shop.series()) == {"IBM"}


async def test_a_repeated_row_is_listed_and_the_first_stays(shop: Shop) -> None:
    first, *others = GOOD.values()
    report = await shop.takes(first, *others, first, skip_bad_rows=True)
    assert [str(problem) for problem in report.rejected] == ["line 6, IBM, 2012-10-25: repeats line 2"]
    assert report.imported == 4


async def test_of_rows_that_contradict_one_another_none_is_believed(shop: Shop) -> None:
    report = await shop.takes(*GOOD.values(), "IBM,2012-10-25,10,12,9,11,999,5.5", skip_bad_rows=True)
    assert [(problem.line, problem.what) for problem in report.rejected] == [
        (2, "contradicts line 6, which is for the same day"),
        (6, "contradicts line 2, which is for the same day"),
    ]
    assert report.imported == 3


async def test_sessions_without_a_row_are_listed_as_gaps(shop: Shop) -> None:
    report = await shop.takes(
        GOOD["2012-10-25"], "IBM,2012-11-20,12,14,12,13,10,6", "IBM,2012-11-23,12,14,12,13,10,6"
    )
    assert [str(gap) for gap in report.gaps] == [
        "IBM: no row for the 15 sessions from 2012-10-26 to 2012-11-19",
        "IBM: no row for the session of 2012-11-21",
    ]
    assert report.imported == 3


async def test_a_gap_before_a_last_row_without_a_session_is_listed_too(shop: Shop) -> None:
    report = await shop.takes(GOOD["2012-10-31"], "IBM,2012-11-03,12,14,12,13,10,6", skip_bad_rows=True)
    assert [(gap.first, gap.last) for gap in report.gaps] == [(date(2012, 11, 1), date(2012, 11, 2))]


async def test_rows_in_any_order_are_stored_oldest_first(shop: Shop) -> None:
    await shop.takes(*reversed(GOOD.values()))
    ends = [bar.end for bar in await shop.store.bars("IBM", Timeframe.DAY)]
    assert ends == sorted(ends)
    assert len(ends) == 4


async def test_a_half_day_ends_when_the_exchange_closed(shop: Shop) -> None:
    await shop.takes("IBM,2012-11-23,12,14,12,13,10,6")
    (bar,) = await shop.store.bars("IBM", Timeframe.DAY)
    assert bar.end == datetime(2012, 11, 23, 18, 0, tzinfo=UTC)


async def test_the_register_tells_instrument_and_vendor(shop: Shop) -> None:
    await shop.takes(*GOOD.values())
    series = (await shop.series())["IBM"]
    assert (series.instrument.mic, series.instrument.currency) == ("XNYS", "USD")
    assert series.vendors == ("csv bars.csv",)


async def test_progress_hears_of_every_row(shop: Shop) -> None:
    shop.path.write_text("\n".join([HEADER, *GOOD.values()]))
    heard: list[int] = []
    await ImportBars(
        source=CsvBars(shop.path, mic="XNYS", currency="USD"),
        calendar=ExchangeCalendars(),
        store=shop.store,
        register=shop._register,
    ).run(progress=heard.append)
    assert heard[-1] == 4
