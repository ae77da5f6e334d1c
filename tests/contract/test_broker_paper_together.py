"""Calls to the paper broker that wait at the same time: one commit, and each with an outcome of its own."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.brokers.paper.broker import PaperBroker
from jax.domain.order_status import OrderStatus
from jax.ports.broker import OrderReport
from jax.ports.errors import Conflict, NotFound, Refused, Unavailable
from tests.contract.broker_venues import OPENING, Venue, bar, order, paper_broker

FILE = "paper.sqlite3"


@asynccontextmanager
async def quoted(folder: Path) -> AsyncIterator[tuple[PaperBroker, Venue]]:
    async with paper_broker(folder / FILE) as broker:
        await broker.on_bars([bar(0, close="150")])
        yield broker, Venue(broker, "paper", Decimal(100_000), broker.on_bars)


def failing(folder: Path, name: str, how: str) -> None:
    """From now on the order `name` cannot be booked."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute(
            f"CREATE TRIGGER failing BEFORE UPDATE ON orders WHEN NEW.client_order_id = '{name}'"
            f" BEGIN SELECT RAISE({how}, 'disk full'); END"
        )


async def test_they_are_committed_together(tmp_path: Path) -> None:
    async with quoted(tmp_path) as (broker, venue):
        commits: list[str] = []
        watch = broker._venue._file._connection.set_trace_callback
        await broker._run(watch, lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        reports = await asyncio.gather(*(broker.place(order(venue, f"jx{n}")) for n in range(50)))
        assert {report.status for report in reports} == {OrderStatus.FILLED}
        assert len(commits) < 25
        assert await broker.positions("paper") == {"AAPL": Decimal(500)}
        await broker._run(watch, None)


async def test_each_has_an_outcome_of_its_own(tmp_path: Path) -> None:
    async with quoted(tmp_path) as (broker, venue):
        await broker.place(order(venue, "jx0"))
        outcomes = await asyncio.gather(
            broker.place(order(venue, "jx1")),
            broker.place(order(venue, "jx0", 11)),
            broker.place(order(venue, "jx2", symbol="MSFT")),
            broker.place(order(venue, "jx3", epoch=0, deadline_at=OPENING.replace(year=2023))),
            broker.query("jx9"),
            broker.place(order(venue, "jx4")),
            broker.query("jx1"),
            return_exceptions=True,
        )
        kinds = [type(outcome) for outcome in outcomes]
        assert kinds == [OrderReport, Conflict, Refused, Refused, NotFound, OrderReport, OrderReport]
        assert outcomes[6] == outcomes[0]
        assert (await broker.query("jx2")).status is OrderStatus.REJECTED, "a refusal is remembered"
        with pytest.raises(NotFound):
            await broker.query("jx3")
        assert await broker.positions("paper") == {"AAPL": Decimal(30)}


async def test_what_one_of_them_could_not_write_is_its_own_loss(tmp_path: Path) -> None:
    async with quoted(tmp_path) as (broker, venue):
        failing(tmp_path, "jx2", "ABORT")
        outcomes = await asyncio.gather(
            *(broker.place(order(venue, f"jx{n}")) for n in range(5)), return_exceptions=True
        )
        assert [isinstance(outcome, Unavailable) for outcome in outcomes] == [
            False,
            False,
            True,
            False,
            False,
        ]
        assert await broker.positions("paper") == {"AAPL": Decimal(40)}
        with pytest.raises(NotFound):
            await broker.query("jx2")


async def test_what_ends_the_whole_transaction_is_the_loss_of_all_and_of_nothing_before(
    tmp_path: Path,
) -> None:
    async with quoted(tmp_path) as (broker, venue):
        await broker.place(order(venue, "before"))
        failing(tmp_path, "jx2", "ROLLBACK")
        # The first one goes alone; the others wait for it, and are taken along together.
        outcomes = await asyncio.gather(
            *(broker.place(order(venue, f"jx{n}")) for n in range(5)), return_exceptions=True
        )
        lost = [isinstance(outcome, Unavailable) for outcome in outcomes]
        assert lost[2]
        booked = 10 * (1 + lost.count(False))
        assert await broker.positions("paper") == {"AAPL": Decimal(booked)}
        for number, is_lost in enumerate(lost):
            if is_lost:
                with pytest.raises(NotFound):
                    await broker.query(f"jx{number}")
        assert (await broker.place(order(venue, "after"))).status is OrderStatus.FILLED
        assert await broker.positions("paper") == {"AAPL": Decimal(booked + 10)}
    async with paper_broker(tmp_path / FILE) as found:
        assert await found.positions("paper") == {"AAPL": Decimal(booked + 10)}


async def test_an_answer_that_nobody_waits_for_any_more_disturbs_nobody(tmp_path: Path) -> None:
    async with quoted(tmp_path) as (broker, venue):
        placing = [asyncio.create_task(broker.place(order(venue, f"jx{n}"))) for n in range(3)]
        await asyncio.sleep(0)
        placing[1].cancel()
        await asyncio.gather(*placing, return_exceptions=True)
        assert await broker.positions("paper") == {"AAPL": Decimal(30)}
