"""Stops, orders that only reduce, and orders that outlive a session, at every Broker."""

from decimal import Decimal

import pytest

from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.errors import Conflict
from tests.contract.broker_venues import Venue, bar, order, way_out


@pytest.fixture(autouse=True)
async def quoted(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])


async def position(venue: Venue) -> Decimal:
    return (await venue.broker.positions(venue.account)).get("AAPL", Decimal(0))


@pytest.mark.parametrize(
    ("side", "stop", "next_bar", "paid"),
    [
        (Side.SELL, "145", {"open": "150", "low": "144", "close": "149"}, "145"),
        (Side.SELL, "145", {"open": "150", "low": "145", "close": "149"}, "145"),
        (Side.SELL, "145", {"open": "143", "close": "149"}, "143"),
        (Side.BUY, "155", {"open": "150", "high": "156", "close": "151"}, "155"),
        (Side.BUY, "155", {"open": "158", "close": "151"}, "158"),
    ],
    ids=["falls through", "touches", "gaps below", "rises through", "gaps above"],
)
async def test_a_stop_trades_when_the_market_reaches_it_and_worse_after_a_gap(
    venue: Venue, side: Side, stop: str, next_bar: dict[str, str], paid: str
) -> None:
    placed = await venue.broker.place(order(venue, "jx1", stop=stop, side=side))
    assert (placed.status, placed.fills) == (OrderStatus.NEW, ())
    await venue.trade_bars([bar(1, **next_bar)])
    report = await venue.broker.query("jx1")
    assert report.status is OrderStatus.FILLED
    assert [fill.price for fill in report.fills] == [Decimal(paid)]


@pytest.mark.parametrize(
    ("side", "stop"), [(Side.SELL, "150"), (Side.SELL, "151"), (Side.BUY, "150"), (Side.BUY, "149")]
)
async def test_a_stop_that_is_reached_already_trades_at_once(venue: Venue, side: Side, stop: str) -> None:
    report = await venue.broker.place(order(venue, "jx1", stop=stop, side=side))
    assert [fill.price for fill in report.fills] == [Decimal(150)]


async def test_a_stop_for_one_session_expires_when_it_is_not_reached(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", stop="145", side=Side.SELL))
    await venue.trade_bars([bar(1, close="150", low="145.01")])
    assert (await venue.broker.query("jx1")).status is OrderStatus.EXPIRED


async def test_an_order_good_until_canceled_outlives_its_session(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", limit="140", time_in_force=TimeInForce.GTC))
    for day in (1, 2):
        await venue.trade_bars([bar(day, close="149")])
        assert (await venue.broker.query("jx1")).status is OrderStatus.NEW
    await venue.trade_bars([bar(3, close="139", open="149")])
    assert [fill.price for fill in (await venue.broker.query("jx1")).fills] == [Decimal(140)]


async def test_an_order_that_reduces_never_turns_the_position(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", 10))
    report = await venue.broker.place(way_out(venue, "jx2", 15))
    assert (report.status, report.reason_code) == (OrderStatus.CANCELED, "REDUCE_ONLY")
    assert [fill.quantity for fill in report.fills] == [Decimal(10)]
    assert await position(venue) == 0


async def test_a_short_position_is_reduced_by_buying(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", 10, side=Side.SELL))
    report = await venue.broker.place(way_out(venue, "jx2", 4, side=Side.BUY))
    assert report.status is OrderStatus.FILLED
    assert await position(venue) == -6


@pytest.mark.parametrize("held", [0, 10], ids=["flat", "long"])
async def test_an_order_that_cannot_reduce_is_canceled_and_fills_nothing(venue: Venue, held: int) -> None:
    if held:
        await venue.broker.place(order(venue, "jx1", held))
    report = await venue.broker.place(way_out(venue, "jx2", side=Side.BUY))
    assert (report.status, report.reason_code, report.fills) == (OrderStatus.CANCELED, "REDUCE_ONLY", ())
    assert await position(venue) == held


async def test_of_a_stop_and_a_target_that_one_bar_reaches_the_stop_trades_and_the_target_does_not(
    venue: Venue,
) -> None:
    await venue.broker.place(order(venue, "jx1"))
    await venue.broker.place(way_out(venue, "target", limit="160", signal_id="sgjx1"))
    await venue.broker.place(way_out(venue, "stop", stop="145", signal_id="sgjx1"))
    await venue.trade_bars([bar(1, close="150", low="144", high="161")])
    stopped, target = await venue.broker.query("stop"), await venue.broker.query("target")
    assert [fill.price for fill in stopped.fills] == [Decimal(145)]
    assert (target.status, target.reason_code, target.fills) == (OrderStatus.CANCELED, "REDUCE_ONLY", ())
    assert await position(venue) == 0


async def test_a_target_that_the_bar_opens_beyond_trades_before_the_stop(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1"))
    await venue.broker.place(way_out(venue, "stop", stop="145", signal_id="sgjx1"))
    await venue.broker.place(way_out(venue, "target", limit="160", signal_id="sgjx1"))
    await venue.trade_bars([bar(1, open="161", close="150", low="144")])
    target = await venue.broker.query("target")
    assert [fill.price for fill in target.fills] == [Decimal(161)]
    assert (await venue.broker.query("stop")).reason_code == "REDUCE_ONLY"


async def test_reducing_is_a_term_of_an_order_and_so_is_its_stop(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", 20))
    await venue.broker.place(way_out(venue, "jx2", stop="145"))
    with pytest.raises(Conflict):
        await venue.broker.place(
            order(venue, "jx2", stop="145", side=Side.SELL, time_in_force=TimeInForce.GTC)
        )
    with pytest.raises(Conflict):
        await venue.broker.place(way_out(venue, "jx2", stop="144"))
    with pytest.raises(Conflict):
        await venue.broker.place(way_out(venue, "jx2", stop="145", time_in_force=TimeInForce.DAY))
