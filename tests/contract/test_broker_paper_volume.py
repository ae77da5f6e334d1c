"""Partial fills at the paper broker: all orders together fill at most a share of a bar's volume."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import OrderReport
from tests.contract.broker_venues import Venue, bar, order, paper_broker, way_out

A_TENTH = PaperAccount(volume_fraction=Decimal("0.1"))
GTC = TimeInForce.GTC


def thin(day: int, volume: str, close: str = "150") -> Bar:
    return replace(bar(day, close=close), volume=Decimal(volume))


def quantities(report: OrderReport) -> list[int]:
    return [int(fill.quantity) for fill in report.fills]


async def test_what_the_volume_does_not_allow_works_on_until_it_is_filled() -> None:
    async with paper_broker(IN_MEMORY, A_TENTH) as broker:
        venue = Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)
        await broker.on_bars([thin(0, "45")])
        placed = await broker.place(order(venue, "jx1", 10, time_in_force=GTC))
        assert (placed.status, quantities(placed)) == (OrderStatus.PARTIALLY_FILLED, [4])
        (working,) = await broker.working_orders("paper")
        assert working.leaves_quantity == 6
        await broker.on_bars([thin(1, "50", close="151")])
        await broker.on_bars([thin(2, "1000", close="152")])
        report = await broker.query("jx1")
        assert (report.status, quantities(report)) == (OrderStatus.FILLED, [4, 5, 1])
        assert [fill.price for fill in report.fills] == [150, 151, 152]
        assert [fill.execution_id for fill in report.fills] == ["jx1-1", "jx1-2", "jx1-3"]
        assert await broker.positions("paper") == {"AAPL": Decimal(10)}


async def test_the_rest_of_a_day_order_expires_with_the_session() -> None:
    async with paper_broker(IN_MEMORY, A_TENTH) as broker:
        venue = Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)
        await broker.on_bars([thin(0, "40")])
        await broker.place(order(venue, "jx1", 10))
        await broker.on_bars([thin(1, "30")])
        report = await broker.query("jx1")
        assert (report.status, quantities(report)) == (OrderStatus.EXPIRED, [4, 3])


async def test_orders_share_the_volume_by_age_within_a_bar_and_against_its_quote() -> None:
    async with paper_broker(IN_MEMORY, A_TENTH) as broker:
        venue = Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)
        await broker.on_bars([thin(0, "40")])
        for name in ("jx1", "jx2"):
            await broker.place(order(venue, name, 3, time_in_force=GTC))
        assert quantities(await broker.query("jx2")) == [1]
        third = await broker.place(order(venue, "jx3", 3, time_in_force=GTC))
        assert (third.status, third.fills) == (OrderStatus.NEW, ())
        await broker.on_bars([thin(1, "40")])
        assert quantities(await broker.query("jx2")) == [1, 2]
        assert quantities(await broker.query("jx3")) == [2]
        fourth = await broker.place(order(venue, "jx4", 1))
        assert fourth.status is OrderStatus.NEW, "the bar's volume was used up within it"


async def test_fractions_of_a_lot_are_not_traded() -> None:
    async with paper_broker(IN_MEMORY, A_TENTH) as broker:
        venue = Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)
        await broker.on_bars([thin(0, "9")])
        assert (await broker.place(order(venue, "jx1"))).fills == ()


async def test_a_stop_that_was_reached_stays_so_whatever_is_left_of_it() -> None:
    async with paper_broker(IN_MEMORY, A_TENTH) as broker:
        venue = Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)
        await broker.on_bars([thin(0, "1000")])
        await broker.place(order(venue, "jx1", 10))
        await broker.place(way_out(venue, "jx2", 10, stop="145"))
        await broker.on_bars([thin(1, "0", close="144")])
        assert (await broker.query("jx2")).status is OrderStatus.NEW
        await broker.on_bars([thin(2, "70", close="149")])
        await broker.on_bars([thin(3, "70", close="151")])
        report = await broker.query("jx2")
        assert (report.status, quantities(report)) == (OrderStatus.FILLED, [7, 3])
        assert [fill.price for fill in report.fills] == [149, 151]


async def test_a_reducing_order_that_lacks_volume_is_not_canceled_for_lack_of_position() -> None:
    async with paper_broker(IN_MEMORY, A_TENTH) as broker:
        venue = Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)
        await broker.on_bars([thin(0, "140")])
        await broker.place(order(venue, "jx1", 10))
        out = await broker.place(way_out(venue, "jx2", 15))
        assert (out.status, quantities(out)) == (OrderStatus.PARTIALLY_FILLED, [4])
        await broker.on_bars([thin(1, "1000")])
        report = await broker.query("jx2")
        assert (report.status, report.reason_code, quantities(report)) == (
            OrderStatus.CANCELED,
            "REDUCE_ONLY",
            [4, 6],
        )
        assert await broker.positions("paper") == {}


async def test_canceling_a_part_keeps_what_was_filled(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / "paper.sqlite3", A_TENTH) as broker:
        venue = Venue(broker, "paper", A_TENTH.starting_cash, broker.on_bars)
        await broker.on_bars([thin(0, "40")])
        await broker.place(order(venue, "jx1", 10, side=Side.SELL, time_in_force=GTC))
        report = await broker.cancel("jx1")
        assert (report.status, quantities(report)) == (OrderStatus.CANCELED, [4])
    async with paper_broker(tmp_path / "paper.sqlite3", A_TENTH) as found:
        assert await found.query("jx1") == report
        assert await found.positions("paper") == {"AAPL": Decimal(-4)}
        assert (await found.place(order(venue, "jx2", 1))).status is OrderStatus.NEW, "the volume is used up"


@pytest.mark.parametrize("share", ["0", "1.01", "NaN"])
def test_a_share_of_the_volume_is_above_nothing_and_at_most_all(share: str) -> None:
    with pytest.raises(InvalidValue, match="volume_fraction"):
        PaperAccount(volume_fraction=Decimal(share))
