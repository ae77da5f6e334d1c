"""What the paper broker does beyond the contract."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.brokers.paper.broker import open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.memory.clock import SettableClock
from jax.domain.instrument import Instrument
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.errors import Conflict, NotFound, Refused, Unavailable
from tests.contract.broker_venues import (
    OPENING,
    Venue,
    bar,
    instrument_of,
    order,
    paper_broker,
    paper_in_memory,
    way_out,
)

FILE = "paper-broker.sqlite3"


def modes_in(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def copy_as_a_crash_leaves_it(source: Path, target: Path) -> None:
    target.mkdir()
    for name in (FILE, f"{FILE}-wal"):
        (target / name).write_bytes((source / name).read_bytes())


async def test_quotes_are_rounded_to_the_price_increment(tmp_path: Path) -> None:
    async with paper_in_memory(tmp_path) as venue:
        await venue.trade_bars([bar(0, close="27.02571429")])
        report = await venue.broker.place(order(venue, "jx1"))
    assert report.fills[0].price == Decimal("27.03")


async def test_a_gap_fill_is_never_worse_than_the_limit_by_rounding(tmp_path: Path) -> None:
    async with paper_in_memory(tmp_path) as venue:
        await venue.trade_bars([bar(0, close="30")])
        await venue.broker.place(order(venue, "jx1", limit="27"))
        await venue.trade_bars([bar(1, close="30", open="26.996")])
        report = await venue.broker.query("jx1")
    assert report.fills[0].price == Decimal(27)


async def test_a_bar_heard_again_changes_nothing(tmp_path: Path) -> None:
    async with paper_in_memory(tmp_path) as venue:
        first = bar(0, close="150")
        await venue.trade_bars([first])
        await venue.broker.place(order(venue, "jx1", limit="140"))
        await venue.trade_bars([first])
        assert (await venue.broker.query("jx1")).status is OrderStatus.NEW


async def test_within_one_batch_every_bar_counts(tmp_path: Path) -> None:
    async with paper_in_memory(tmp_path) as venue:
        await venue.trade_bars([bar(0, close="150")])
        await venue.broker.place(order(venue, "jx1", limit="140"))
        await venue.trade_bars([bar(1, close="149"), bar(2, close="139")])
        assert (await venue.broker.query("jx1")).status is OrderStatus.EXPIRED
        assert (await venue.broker.place(order(venue, "jx2"))).fills[0].price == Decimal(139)


async def test_a_bar_of_another_symbol_does_not_end_the_session(tmp_path: Path) -> None:
    async with paper_in_memory(tmp_path) as venue:
        await venue.trade_bars([bar(0, close="150")])
        await venue.broker.place(order(venue, "jx1", limit="140"))
        await venue.trade_bars([bar(1, close="300", symbol="MSFT")])
        assert (await venue.broker.query("jx1")).status is OrderStatus.NEW


async def test_bars_of_what_is_not_listed_are_passed_over(tmp_path: Path) -> None:
    async with paper_in_memory(tmp_path) as venue:
        await venue.trade_bars([bar(0, close="12", symbol="GONE"), bar(0, close="150")])
        assert (await venue.broker.place(order(venue, "jx1"))).status is OrderStatus.FILLED
        with pytest.raises(Refused, match="NO_QUOTE"):
            await venue.broker.place(order(venue, "jx2", symbol="GONE"))


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"quantity": Decimal("1.5")}, "QUANTITY_NOT_IN_LOTS"),
        ({"limit": "150.001"}, "PRICE_NOT_ON_INCREMENT"),
        ({"account": "somebody"}, "UNKNOWN_ACCOUNT"),
    ],
)
async def test_an_order_that_no_exchange_takes_is_refused_with_a_code(
    tmp_path: Path, terms: dict[str, Any], code: str
) -> None:
    async with paper_in_memory(tmp_path) as venue:
        await venue.trade_bars([bar(0, close="150")])
        with pytest.raises(Refused) as refused:
            await venue.broker.place(order(venue, "jx1", **terms))
    assert refused.value.code == code


async def test_an_order_that_waits_for_the_file_beyond_its_deadline_is_not_taken(tmp_path: Path) -> None:
    clock = SettableClock(OPENING)
    async with open_paper_broker(
        tmp_path / FILE, PaperAccount(), clock=clock, instrument_of=instrument_of
    ) as broker:
        venue = Venue(broker, "paper", Decimal(100_000), broker.on_bars)
        await venue.trade_bars([bar(0, close="150")])
        in_time = await broker.place(order(venue, "jx0"))
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as somebody:
            somebody.execute("BEGIN IMMEDIATE")
            placing = asyncio.create_task(broker.place(order(venue, "jx1")))
            await asyncio.sleep(0)
            clock.advance(timedelta(seconds=6))
            somebody.execute("ROLLBACK")
            with pytest.raises(Refused) as refused:
                await placing
        assert refused.value.code == "DEADLINE_PASSED"
        with pytest.raises(NotFound):
            await broker.query("jx1")
        assert await broker.place(order(venue, "jx0")) == in_time, "a repeat is an answer, whatever the time"


async def test_it_has_one_account_only(tmp_path: Path) -> None:
    async with paper_in_memory(tmp_path) as venue:
        with pytest.raises(NotFound, match="somebody"):
            await venue.broker.account("somebody")
        with pytest.raises(NotFound, match="somebody"):
            await venue.broker.positions("somebody")


async def test_commission_is_taken_from_cash_to_the_cent() -> None:
    account = PaperAccount(commission_bps=Decimal("0.5"))
    async with paper_broker(IN_MEMORY, account) as broker:
        venue = Venue(broker, "paper", account.starting_cash, broker.on_bars)
        await venue.trade_bars([bar(0, close="150.10")])
        report = await broker.place(order(venue, "jx1"))
        snapshot = await broker.account("paper")
    assert report.fills[0].commission == Decimal("0.08")
    assert snapshot.cash == Decimal(100_000) - Decimal(1501) - Decimal("0.08")


async def test_the_starting_cash_counts_for_a_new_file_only(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / FILE, PaperAccount(starting_cash=Decimal(5_000))):
        pass
    async with paper_broker(tmp_path / FILE, PaperAccount(starting_cash=Decimal(9_000))) as broker:
        assert (await broker.account("paper")).cash == 5_000


async def test_the_file_and_its_journal_are_for_the_owner_alone(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / FILE) as broker:
        await broker.on_bars([bar(0, close="150")])
        modes = modes_in(tmp_path)
    assert modes[FILE] == modes[f"{FILE}-wal"] == 0o600
    assert set(modes.values()) == {0o600}


async def test_a_file_of_another_account_is_not_used(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / FILE):
        pass
    with pytest.raises(Conflict, match="belongs to account paper in USD"):
        async with paper_broker(tmp_path / FILE, replace(PaperAccount(), account="other")):
            pass


async def test_a_file_of_a_later_format_is_not_touched(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Unavailable, match="format 99"):
        async with paper_broker(tmp_path / FILE):
            pass


async def test_a_file_that_is_no_database_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database" * 400)
    with pytest.raises(Unavailable, match=rf"{FILE} cannot be used.*move it away"):
        async with paper_broker(tmp_path / FILE):
            pass


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        async with paper_broker(tmp_path / "nowhere" / FILE):
            pass


async def test_an_order_that_finds_the_file_locked_was_not_taken(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / FILE) as broker:
        venue = Venue(broker, "paper", Decimal(100_000), broker.on_bars)
        await venue.trade_bars([bar(0, close="150")])
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            await broker.place(order(venue, "jx1"))
        other.execute("ROLLBACK")
        other.close()
        with pytest.raises(NotFound):
            await broker.query("jx1")
        assert (await broker.place(order(venue, "jx1"))).status is OrderStatus.FILLED


async def test_what_was_answered_survives_a_process_that_dies_without_closing(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / FILE) as broker:
        venue = Venue(broker, "paper", Decimal(100_000), broker.on_bars)
        await venue.trade_bars([bar(0, close="150")])
        placed = await broker.place(order(venue, "jx1"))
        crashed = tmp_path / "crashed"
        copy_as_a_crash_leaves_it(tmp_path, crashed)
    async with paper_broker(crashed / FILE) as found:
        assert await found.query("jx1") == placed
        assert await found.positions("paper") == {"AAPL": Decimal(10)}
        assert (await found.account("paper")).cash == 98_500


async def test_realized_profit_is_first_in_first_out_times_the_multiplier_and_net_of_commission() -> None:
    async def future(symbol: str) -> Instrument:
        return Instrument(symbol, "XCME", "USD", Decimal("0.25"), Decimal(1), Decimal(50))

    account = PaperAccount(commission_bps=Decimal(1))
    async with open_paper_broker(
        IN_MEMORY, account, clock=SettableClock(OPENING), instrument_of=future
    ) as broker:
        venue = Venue(broker, "paper", account.starting_cash, broker.on_bars)
        for day, (side, quantity, close) in enumerate(
            [(Side.BUY, 2, "100"), (Side.BUY, 2, "110"), (Side.SELL, 3, "120")]
        ):
            await broker.on_bars([bar(day, close=close)])
            await broker.place(order(venue, f"jx{day}", quantity, side=side))
        gained = 50 * (2 * (120 - 100) + 1 * (120 - 110))
        commission = Decimal("1.00") + Decimal("1.10") + Decimal("1.80")
        assert await broker.realized_pnl("paper") == {"AAPL": gained - commission}
        assert (await broker.account("paper")).net_liquidation == 100_000 + gained + 500 - commission


async def test_what_was_rolled_back_is_not_held(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / FILE) as broker:
        venue = Venue(broker, "paper", Decimal(100_000), broker.on_bars)
        await broker.on_bars([bar(0, close="150")])
        await broker.place(order(venue, "jx1"))
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as somebody:
            somebody.execute(
                "CREATE TRIGGER full BEFORE UPDATE ON orders WHEN NEW.client_order_id = 'jx2'"
                " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
            with pytest.raises(Unavailable, match="disk full"):
                await broker.place(way_out(venue, "jx2"))
            assert await broker.positions("paper") == {"AAPL": Decimal(10)}
            somebody.execute("DROP TRIGGER full")
        assert (await broker.place(way_out(venue, "jx2"))).status is OrderStatus.FILLED
        assert await broker.positions("paper") == {}
