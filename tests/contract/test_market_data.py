"""What every MarketData does, within transactions and without."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.memory.market_data import MemoryMarketData
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.domain.bar import Bar, Timeframe
from jax.ports.errors import Conflict
from jax.ports.market_data import MarketData, Series
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.storages import open_storage
from tests.contract.stored_values import bar

_DAY = Timeframe.DAY
_KINDS = ("memory", "parquet", "memory transaction", "postgres transaction")


class _TransactionForEachCall:
    """The bars of a system of record, each call in a transaction of its own."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def append(self, bars: Sequence[Bar]) -> int:
        async with self._unit_of_work.begin() as tx:
            return await tx.bars.append(bars)

    async def bars(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        after: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Bar, ...]:
        async with self._unit_of_work.begin() as tx:
            return await tx.bars.bars(symbol, timeframe, after=after, until=until)

    async def newest(self, symbol: str, timeframe: Timeframe) -> Bar | None:
        async with self._unit_of_work.begin() as tx:
            return await tx.bars.newest(symbol, timeframe)

    async def newest_of(self, symbols: Collection[str]) -> Mapping[str, Bar]:
        async with self._unit_of_work.begin() as tx:
            return await tx.bars.newest_of(symbols)

    async def last_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        async with self._unit_of_work.begin() as tx:
            return await tx.bars.last_ends(timeframe)

    async def ends_of(self, series: Collection[Series]) -> Mapping[Series, datetime]:
        async with self._unit_of_work.begin() as tx:
            return await tx.bars.ends_of(series)


@asynccontextmanager
async def _opened(kind: str, folder: Path, database_url: str | None) -> AsyncIterator[MarketData]:
    if kind == "memory":
        yield MemoryMarketData()
    elif kind == "parquet":
        yield ParquetMarketData(folder / "bars")
    else:
        async with open_storage(database_url) as storage:
            yield _TransactionForEachCall(storage.unit_of_work)


@pytest.fixture(params=_KINDS)
def place(request: pytest.FixtureRequest) -> tuple[str, str | None]:
    on_postgres = request.param == "postgres transaction"
    return request.param, request.getfixturevalue("emptied_database_url") if on_postgres else None


@pytest.fixture
async def market_data(place: tuple[str, str | None], tmp_path: Path) -> AsyncIterator[MarketData]:
    kind, database_url = place
    async with _opened(kind, tmp_path, database_url) as opened:
        yield opened


async def _stored(market_data: MarketData, symbol: str = "AAPL") -> tuple[Bar, ...]:
    return await market_data.bars(symbol, _DAY)


async def test_gives_back_exactly_what_was_put_in_oldest_first(market_data: MarketData) -> None:
    bars = (bar(0), bar(1, close="102.12345678", volume="0"), bar(2, close="109.99"))
    assert await market_data.append([bars[1], bars[2], bars[0]]) == 3
    assert await _stored(market_data) == bars


async def test_gives_back_the_smallest_and_the_largest_numbers(market_data: MarketData) -> None:
    extreme = replace(
        bar(),
        symbol="BRK.B/USD-X",
        start=bar().end - timedelta(microseconds=1),
        open=Decimal("0.00000001"),
        low=Decimal("0.00000001"),
        close=Decimal("999999999999.99999999"),
        high=Decimal("999999999999.99999999"),
        volume=Decimal("999999999999.99999999"),
    )
    await market_data.append([extreme])
    assert await market_data.bars("BRK.B/USD-X", _DAY) == (extreme,)


async def test_nothing_to_append_is_nothing_appended(market_data: MarketData) -> None:
    assert await market_data.append([]) == 0
    assert await _stored(market_data) == ()
    assert dict(await market_data.last_ends(_DAY)) == {}


async def test_a_bar_that_is_stored_is_skipped_and_not_counted(market_data: MarketData) -> None:
    assert await market_data.append([bar(0), bar(1)]) == 2
    assert await market_data.append([bar(1), bar(2), bar(0)]) == 1
    assert await market_data.append([bar(0), bar(1), bar(2)]) == 0
    assert await _stored(market_data) == (bar(0), bar(1), bar(2))


async def test_a_bar_that_comes_twice_in_one_call_is_stored_once(market_data: MarketData) -> None:
    assert await market_data.append([bar(0), bar(0), bar(1)]) == 2
    assert await _stored(market_data) == (bar(0), bar(1))


@pytest.mark.parametrize(
    "other",
    [
        replace(bar(), start=bar().start + timedelta(minutes=1)),
        replace(bar(), open=Decimal(100)),
        replace(bar(), high=Decimal("110.00000001")),
        replace(bar(), low=Decimal("99.4")),
        replace(bar(), close=Decimal(102)),
        replace(bar(), volume=Decimal(0)),
    ],
    ids=["start", "open", "high", "low", "close", "volume"],
)
async def test_a_stored_bar_with_another_value_is_a_conflict_and_nothing_is_appended(
    market_data: MarketData, other: Bar
) -> None:
    await market_data.append([bar(0)])
    with pytest.raises(Conflict, match="AAPL"):
        await market_data.append([bar(1), other, bar(2, symbol="IBM")])
    assert await _stored(market_data) == (bar(0),)
    assert await _stored(market_data, "IBM") == ()


async def test_two_values_for_one_bar_in_one_call_are_a_conflict(market_data: MarketData) -> None:
    with pytest.raises(Conflict, match="AAPL"):
        await market_data.append([bar(0), bar(1), bar(1, close="102")])
    assert await _stored(market_data) == ()


async def test_after_is_exclusive_and_until_inclusive(market_data: MarketData) -> None:
    days = [bar(day) for day in range(5)]
    await market_data.append(days)
    ends = [day.end for day in days]
    tick = timedelta(microseconds=1)

    async def chosen(after: datetime | None, until: datetime | None) -> list[int]:
        found = await market_data.bars("AAPL", _DAY, after=after, until=until)
        return [days.index(one) for one in found]

    assert await chosen(None, None) == [0, 1, 2, 3, 4]
    assert await chosen(ends[1], None) == [2, 3, 4]
    assert await chosen(ends[1] - tick, None) == [1, 2, 3, 4]
    assert await chosen(None, ends[3]) == [0, 1, 2, 3]
    assert await chosen(None, ends[3] - tick) == [0, 1, 2]
    assert await chosen(ends[1], ends[3]) == [2, 3]
    assert await chosen(ends[3], ends[3]) == []


async def test_symbols_are_kept_apart(market_data: MarketData) -> None:
    await market_data.append([bar(0), bar(0, symbol="IBM", close="105"), bar(1, symbol="IBM")])
    assert await _stored(market_data) == (bar(0),)
    assert await _stored(market_data, "IBM") == (
        bar(0, symbol="IBM", close="105"),
        bar(1, symbol="IBM"),
    )
    assert await _stored(market_data, "MSFT") == ()


async def test_the_newest_bar_of_a_symbol_is_the_one_that_ends_last(market_data: MarketData) -> None:
    assert await market_data.newest("AAPL", _DAY) is None
    await market_data.append([bar(2, close="105"), bar(0), bar(3, symbol="IBM"), bar(1)])
    assert await market_data.newest("AAPL", _DAY) == bar(2, close="105")
    assert await market_data.newest("IBM", _DAY) == bar(3, symbol="IBM")
    assert await market_data.newest("MSFT", _DAY) is None


async def test_the_newest_bars_of_symbols_are_those_that_end_last_in_any_timeframe(
    market_data: MarketData,
) -> None:
    assert dict(await market_data.newest_of(["AAPL"])) == {}
    later = bar(3, close="105")
    minute = replace(later, timeframe=Timeframe.MINUTE, start=later.end, end=later.end + timedelta(minutes=1))
    await market_data.append([bar(0), later, minute, bar(1, symbol="IBM"), bar(2, symbol="MSFT")])
    assert dict(await market_data.newest_of(["AAPL", "IBM", "XOM"])) == {
        "AAPL": minute,
        "IBM": bar(1, symbol="IBM"),
    }


async def test_last_ends_are_those_of_the_newest_bar_of_each_symbol(market_data: MarketData) -> None:
    await market_data.append([bar(2), bar(0), bar(1), bar(1, symbol="IBM")])
    assert dict(await market_data.last_ends(_DAY)) == {"AAPL": bar(2).end, "IBM": bar(1).end}


async def test_the_ends_of_series_are_those_of_their_own_newest_bars(market_data: MarketData) -> None:
    later = bar(3, symbol="IBM")
    minute = replace(later, timeframe=Timeframe.MINUTE, start=later.end, end=later.end + timedelta(minutes=1))
    await market_data.append([bar(2), bar(0), later, bar(1, symbol="IBM"), minute, bar(4, symbol="XOM")])
    wanted = {("AAPL", _DAY), ("IBM", _DAY), ("IBM", Timeframe.MINUTE), ("AAPL", Timeframe.MINUTE)}
    assert dict(await market_data.ends_of(wanted)) == {
        ("AAPL", _DAY): bar(2).end,
        ("IBM", _DAY): later.end,
        ("IBM", Timeframe.MINUTE): minute.end,
    }
    assert dict(await market_data.ends_of([])) == {}


async def test_appends_at_once_count_each_bar_once(market_data: MarketData) -> None:
    bars = [bar(day) for day in range(50)]
    added = await asyncio.gather(*(market_data.append(bars[: 50 - 10 * n]) for n in range(4)))
    assert sum(added) == 50
    assert await _stored(market_data) == tuple(bars)


async def test_of_two_values_appended_at_once_one_is_stored_and_the_other_refused(
    market_data: MarketData,
) -> None:
    values = [bar(0, close=str(101 + n)) for n in range(4)]
    outcomes = await asyncio.gather(
        *(market_data.append([value]) for value in values), return_exceptions=True
    )
    assert outcomes.count(1) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
    assert await _stored(market_data) == (values[outcomes.index(1)],)


async def test_sixteen_thousand_bars_are_taken_in_one_call(market_data: MarketData) -> None:
    bars = [
        bar(day, symbol=symbol) for day in range(3300) for symbol in ("AAPL", "FB", "GOOG", "IBM", "MSFT")
    ]
    assert await market_data.append(bars) == 16500
    assert await market_data.append(bars) == 0
    assert await _stored(market_data, "GOOG") == tuple(one for one in bars if one.symbol == "GOOG")
