"""Brackets at the paper broker whose entry or exit fills in parts, and over a restart."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.domain.bar import Bar
from jax.domain.bracket import attached_exits
from jax.domain.order import Order, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.ports.broker import OrderReport
from jax.ports.errors import NotFound
from tests.contract.broker_venues import OPENING, Venue, bar, order, paper_broker
from tests.contract.test_broker_brackets import bracket, exits, position, statuses, working

A_TENTH = PaperAccount(volume_fraction=Decimal("0.1"))
_S = OrderStatus


def thin(day: int, volume: int, **prices: str) -> Bar:
    return replace(bar(day, **prices), volume=Decimal(volume))


def filled(report: OrderReport | None) -> int:
    return 0 if report is None else sum(int(fill.quantity) for fill in report.fills)


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    async with paper_broker(IN_MEMORY, A_TENTH) as broker:
        yield Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)


async def four_of_ten(venue: Venue) -> Order:
    """An entry that has filled four of ten, and goes on."""
    await venue.trade_bars([thin(0, 45, close="150")])
    entry = bracket(venue, time_in_force=TimeInForce.GTC, limit="150")
    assert filled(await venue.broker.place(entry)) == 4
    assert await statuses(venue, entry) == [_S.NEW, _S.NEW]
    return entry


async def test_the_exits_of_an_entry_that_goes_on_cover_what_it_fills_later(venue: Venue) -> None:
    entry = await four_of_ten(venue)
    await venue.trade_bars([thin(1, 60, close="150"), thin(2, 1000, close="140")])
    assert await statuses(venue, entry) == [_S.FILLED, _S.CANCELED]
    assert await position(venue) == 0


async def test_the_first_fill_of_an_exit_ends_what_is_left_of_the_entry(venue: Venue) -> None:
    entry = await four_of_ten(venue)
    await venue.trade_bars([thin(1, 1000, close="144", open="151", high="152")])
    ended = await venue.broker.query("jx1")
    assert (ended.status, ended.reason_code, filled(ended)) == (_S.CANCELED, "EXIT_FILLED", 4)
    stop, target = await exits(venue, entry)
    assert stop is not None
    assert (stop.status, stop.reason_code, filled(stop), filled(target)) == (_S.CANCELED, "REDUCE_ONLY", 4, 0)
    assert await position(venue) == 0
    assert await working(venue) == {}
    await venue.trade_bars([thin(2, 1000, close="150"), thin(3, 1000, close="170")])
    assert await position(venue) == 0


async def test_the_exits_of_an_entry_that_was_canceled_in_part_leave_what_it_has_bought(venue: Venue) -> None:
    entry = await four_of_ten(venue)
    await venue.broker.cancel("jx1")
    assert await statuses(venue, entry) == [_S.NEW, _S.NEW]
    await venue.trade_bars([thin(1, 1000, close="150")])
    await venue.broker.place(order(venue, "jx0", 20))
    await venue.trade_bars([thin(2, 1000, close="161", open="150")])
    assert [filled(report) for report in await exits(venue, entry)] == [0, 4]
    assert await statuses(venue, entry) == [_S.CANCELED, _S.CANCELED]
    assert await position(venue) == 20


async def test_a_target_and_a_stop_that_fill_in_parts_leave_it_once(venue: Venue) -> None:
    await venue.trade_bars([thin(0, 1000, close="150")])
    entry = bracket(venue)
    await venue.broker.place(entry)
    await venue.broker.place(order(venue, "jx0", 50))
    await venue.trade_bars([thin(1, 30, close="161", open="150")])
    assert [filled(report) for report in await exits(venue, entry)] == [0, 3]
    await venue.trade_bars([thin(2, 50, close="140")])
    assert [filled(report) for report in await exits(venue, entry)] == [5, 3]
    await venue.trade_bars([thin(3, 1000, close="140")])
    assert [filled(report) for report in await exits(venue, entry)] == [7, 3]
    assert await statuses(venue, entry) == [_S.CANCELED, _S.CANCELED]
    assert await position(venue) == 50


async def test_a_bracket_outlives_a_restart_before_and_after_its_entry(tmp_path: Path) -> None:
    path = tmp_path / "paper-broker.sqlite3"
    async with paper_broker(path) as broker:
        venue = Venue(broker, "paper", Decimal(100_000), broker.on_bars)
        await broker.on_bars([bar(0, close="150")])
        entry = bracket(venue, limit="148", stop="145")
        await broker.place(entry)
    async with paper_broker(path) as broker:
        with pytest.raises(NotFound):
            await broker.query(attached_exits(entry, at=OPENING)[0].client_order_id)
        await broker.on_bars([bar(1, close="148", open="150")])
    async with paper_broker(path) as broker:
        await broker.on_bars([bar(2, close="140", open="148")])
        stopped = await broker.query(attached_exits(entry, at=OPENING)[0].client_order_id)
        assert (stopped.status, [fill.price for fill in stopped.fills]) == (_S.FILLED, [Decimal(145)])
        assert await broker.positions("paper") == {}
