"""The Parquet files on a real disk: names, damage, a full disk, writers in other processes."""

import asyncio
import hashlib
import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars
import pytest

from jax.adapters.parquet.bar_encoding import encoded
from jax.adapters.parquet.json_series_register import JsonSeriesRegister
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.adapters.parquet.writer_lock import writer_lock
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.ports.errors import Conflict, Unavailable
from tests.integration.research.full_disk import run_with_files_up_to

OPEN = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
SESSION = timedelta(hours=6, minutes=30)


def bar(day: int, symbol: str = "AAPL", close: str = "101.5") -> Bar:
    start = OPEN + timedelta(days=day)
    numbers = (Decimal(100), Decimal(102), Decimal("99.000001"), Decimal(close), Decimal(12345))
    return Bar(symbol, Timeframe.DAY, start, start + SESSION, *numbers)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "market_data"


@pytest.fixture
def store(root: Path) -> ParquetMarketData:
    return ParquetMarketData(root)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("symbol", ["BRK.B", "BTC/USDT", "A-B", "A..B", "CON"])
def test_any_symbol_has_a_file_of_its_own_within_the_folder(
    root: Path, store: ParquetMarketData, symbol: str
) -> None:
    asyncio.run(store.append([bar(0, symbol)]))
    assert asyncio.run(store.bars(symbol, Timeframe.DAY)) == (bar(0, symbol),)
    assert asyncio.run(store.last_ends(Timeframe.DAY)) == {symbol: bar(0).end}
    assert sorted(path.suffix for path in (root / "1d").iterdir()) == [".parquet", ".sha256"]


async def test_another_reader_of_the_folder_finds_the_bars(root: Path, store: ParquetMarketData) -> None:
    await store.append([bar(0), bar(1)])
    assert await ParquetMarketData(root).bars("AAPL", Timeframe.DAY) == (bar(0), bar(1))


def cut_short(content: bytes) -> bytes:
    return content[: len(content) // 2]


def empty(content: bytes) -> bytes:
    return content[:0]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def appended(content: bytes) -> bytes:
    return content + b"\0"


@pytest.mark.parametrize("damage", [cut_short, empty, flipped, appended])
def test_a_damaged_file_is_named_with_the_remedy(
    root: Path, store: ParquetMarketData, damage: Callable[[bytes], bytes]
) -> None:
    asyncio.run(store.append([bar(day) for day in range(100)]))
    path = root / "1d" / "AAPL.parquet"
    path.write_bytes(damage(path.read_bytes()))
    said = rf"The market data file {path} cannot be read \(.*\): remove it and import the bars again"
    with pytest.raises(Unavailable, match=said):
        asyncio.run(store.bars("AAPL", Timeframe.DAY))
    with pytest.raises(Unavailable, match=said):
        asyncio.run(store.last_ends(Timeframe.DAY))
    with pytest.raises(Unavailable, match=said):
        asyncio.run(store.append([bar(100)]))


def test_the_remedy_helps(root: Path, store: ParquetMarketData) -> None:
    bars = [bar(day) for day in range(3)]
    asyncio.run(store.append(bars))
    path = root / "1d" / "AAPL.parquet"
    path.write_bytes(b"damaged")
    path.unlink()
    assert asyncio.run(store.append(bars)) == 3
    assert asyncio.run(store.bars("AAPL", Timeframe.DAY)) == tuple(bars)


def test_a_crash_between_digest_and_content_leaves_what_was_there(
    root: Path, store: ParquetMarketData
) -> None:
    asyncio.run(store.append([bar(0)]))
    path = root / "1d" / "AAPL.parquet"
    before = path.read_bytes()
    asyncio.run(store.append([bar(1)]))
    path.write_bytes(before)  # as if the second rename had not come
    assert asyncio.run(store.bars("AAPL", Timeframe.DAY)) == (bar(0),)
    assert asyncio.run(store.append([bar(1)])) == 1


def put_file(root: Path, content: bytes) -> None:
    """A file that somebody else made, with its digest."""
    (root / "1d").mkdir(parents=True)
    (root / "1d" / "AAPL.parquet").write_bytes(content)
    (root / "1d" / "AAPL.parquet.sha256").write_text(hashlib.sha256(content).hexdigest())


def other_columns() -> bytes:
    buffer = io.BytesIO()
    polars.DataFrame({"end": [1], "close": [2.0]}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Ticker,Date", "PAR1|parquet"),
        (other_columns(), "its columns are not those of bars"),
        (encoded([bar(0, "MSFT")]), r"it holds bars of \[\('MSFT', '1d'\)\]"),
    ],
)
def test_a_whole_file_of_something_else_is_refused(
    root: Path, store: ParquetMarketData, content: bytes, said: str
) -> None:
    put_file(root, content)
    with pytest.raises(Unavailable, match=rf"AAPL\.parquet cannot be read \(.*({said})"):
        asyncio.run(store.bars("AAPL", Timeframe.DAY))


def test_a_file_without_its_digest_is_refused(root: Path, store: ParquetMarketData) -> None:
    put_file(root, encoded([bar(0)]))
    (root / "1d" / "AAPL.parquet.sha256").unlink()
    with pytest.raises(Unavailable, match=r"AAPL\.parquet\.sha256 is missing beside it"):
        asyncio.run(store.bars("AAPL", Timeframe.DAY))


async def test_a_conflict_in_one_symbol_keeps_all_others_as_they_were(
    root: Path, store: ParquetMarketData
) -> None:
    await store.append([bar(0), bar(0, "MSFT")])
    before = files_below(root)
    with pytest.raises(Conflict, match=r"MSFT that ends 2024-01-02T21:00:00.*101\.5 .* 100\.5"):
        await store.append([bar(1), bar(0, "MSFT", close="100.5")])
    assert files_below(root) == before


WITH_TESTS = "import sys; sys.path.insert(0, '.')\n"
APPEND = """
import asyncio, sys
from pathlib import Path
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.ports.errors import Unavailable
from tests.integration.research.test_parquet_market_data import bar
bars = [bar(day, symbol) for symbol in ("AAPL", "ZZZ") for day in range(int(sys.argv[2]))]
try:
    print(asyncio.run(ParquetMarketData(Path(sys.argv[1])).append(bars)))
except Unavailable as error:
    print(error)
"""


async def test_a_full_disk_is_named_and_changes_nothing(root: Path, store: ParquetMarketData) -> None:
    await store.append([bar(0)])
    before = files_below(root)
    process = run_with_files_up_to(2048, WITH_TESTS + APPEND, str(root), "3000")
    assert "AAPL.parquet cannot be written (" in process.stdout, process.stderr
    assert "make its folder writable, with free space" in process.stdout
    assert files_below(root) == before


async def test_a_root_that_cannot_be_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match=r"file/market_data cannot be written"):
        await ParquetMarketData(tmp_path / "file" / "market_data").append([bar(0)])


def test_writers_in_other_processes_wait_for_one_another(root: Path, store: ParquetMarketData) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WITH_TESTS + APPEND, str(root), str(count)],
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=Path(__file__).parents[3],
                    env={"PYTHONPATH": "src", "PATH": "/usr/bin:/bin"},
                )
            )
            for count in (40, 60, 50)
        ]
        added = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(added) == 2 * 60
    assert asyncio.run(store.bars("ZZZ", Timeframe.DAY)) == tuple(bar(day, "ZZZ") for day in range(60))


async def test_a_writer_that_never_ends_is_told_of(root: Path, store: ParquetMarketData) -> None:
    await store.append([bar(0)])
    async with writer_lock(root):
        with pytest.raises(Unavailable, match=f"Another process has been writing market data to {root}"):
            async with writer_lock(root, wait_seconds=0.1):
                pass
    await store.append([bar(1)])


async def test_readers_do_not_wait_for_a_writer(root: Path, store: ParquetMarketData) -> None:
    await store.append([bar(0)])
    async with writer_lock(root):
        assert await asyncio.wait_for(store.bars("AAPL", Timeframe.DAY), 10) == (bar(0),)


AAPL = Instrument("AAPL", "XNAS", "USD", Decimal("0.01"), Decimal(1))


async def test_the_register_keeps_instruments_and_adds_vendors(root: Path) -> None:
    register = JsonSeriesRegister(root)
    await register.record("b", [AAPL])
    await register.record("a", [AAPL, replace(AAPL, symbol="MSFT", multiplier=Decimal("2.50"))])
    series = await JsonSeriesRegister(root).all()
    assert list(series) == ["AAPL", "MSFT"]
    assert series["AAPL"].instrument == AAPL
    assert series["AAPL"].vendors == ("a", "b")
    assert series["MSFT"].instrument.multiplier == Decimal("2.5")


async def test_the_register_refuses_other_terms_and_changes_nothing(root: Path) -> None:
    register = JsonSeriesRegister(root)
    await register.record("a", [AAPL])
    with pytest.raises(Conflict, match=r"AAPL is known as XNAS USD 0\.01 1 1, not as XNYS USD 0\.01 1 1"):
        await register.record("b", [replace(AAPL, symbol="IBM"), replace(AAPL, mic="XNYS")])
    assert list(await register.all()) == ["AAPL"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b'[{"symbol": "AAPL"}]',
        b"\xff",
        b'{"a": 1}',
        b'[{"symbol":"A","mic":"XNAS","currency":"USD","price_increment":"x",'
        b'"lot_size":"1","multiplier":"1","vendors":[]}]',
    ],
)
def test_a_damaged_register_is_named_with_the_remedy(root: Path, content: bytes) -> None:
    root.mkdir()
    (root / "series.json").write_bytes(content)
    with pytest.raises(
        Unavailable, match=r"series\.json cannot be read .*remove it and import the bars again"
    ):
        asyncio.run(JsonSeriesRegister(root).all())
