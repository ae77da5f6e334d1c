"""What every Broker does, whoever is behind it."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.errors import Conflict, NotFound, Refused
from tests.contract.broker_venues import Venue, bar, order


async def test_a_market_order_fills_at_the_quote(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150.25")])
    report = await venue.broker.place(order(venue, "jx1"))
    assert report.status is OrderStatus.FILLED
    assert [(fill.quantity, fill.price, fill.side) for fill in report.fills] == [
        (Decimal(10), Decimal("150.25"), Side.BUY)
    ]
    assert report.fills[0].client_order_id == report.client_order_id == "jx1"


async def test_a_marketable_limit_order_fills_at_the_quote_and_not_at_its_limit(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    report = await venue.broker.place(order(venue, "jx1", limit="151"))
    assert [fill.price for fill in report.fills] == [Decimal(150)]


@pytest.mark.parametrize(
    ("side", "limit", "next_bar", "paid"),
    [
        (Side.BUY, "149", {"open": "150", "low": "148.5", "close": "150"}, "149"),
        (Side.BUY, "149", {"open": "147", "close": "150"}, "147"),
        (Side.SELL, "151", {"open": "150", "high": "151.5", "close": "150"}, "151"),
        (Side.SELL, "151", {"open": "153", "close": "150"}, "153"),
    ],
    ids=["buy at the limit", "buy at the gap", "sell at the limit", "sell at the gap"],
)
async def test_a_limit_order_away_from_the_market_works_until_a_bar_reaches_it(
    venue: Venue, side: Side, limit: str, next_bar: dict[str, str], paid: str
) -> None:
    await venue.trade_bars([bar(0, close="150")])
    placed = await venue.broker.place(order(venue, "jx1", limit=limit, side=side))
    assert (placed.status, placed.fills) == (OrderStatus.NEW, ())
    await venue.trade_bars([bar(1, **next_bar)])
    filled = await venue.broker.query("jx1")
    assert filled.status is OrderStatus.FILLED
    assert filled.venue_order_id == placed.venue_order_id
    assert [fill.price for fill in filled.fills] == [Decimal(paid)]


async def test_a_day_order_expires_with_a_session_that_does_not_reach_it(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    await venue.broker.place(order(venue, "jx1", limit="140"))
    await venue.trade_bars([bar(1, close="149")])
    assert (await venue.broker.query("jx1")).status is OrderStatus.EXPIRED
    await venue.trade_bars([bar(2, close="130")])
    report = await venue.broker.query("jx1")
    assert (report.status, report.fills) == (OrderStatus.EXPIRED, ())


async def test_a_repeat_with_the_same_terms_answers_the_same_and_orders_nothing(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    first = await venue.broker.place(order(venue, "jx1"))
    await venue.trade_bars([bar(1, close="160")])
    assert await venue.broker.place(order(venue, "jx1")) == first
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(10)}


@pytest.mark.parametrize(
    "other",
    [
        {"quantity": 11},
        {"side": Side.SELL},
        {"limit": "150"},
        {"symbol": "MSFT"},
    ],
    ids=["quantity", "side", "limit", "symbol"],
)
async def test_a_known_id_with_other_terms_is_a_conflict(venue: Venue, other: dict[str, Any]) -> None:
    await venue.trade_bars([bar(0, close="150"), bar(0, close="300", symbol="MSFT")])
    await venue.broker.place(order(venue, "jx1"))
    with pytest.raises(Conflict, match="jx1"):
        await venue.broker.place(order(venue, "jx1", **other))
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(10)}


async def test_equal_requests_at_the_same_time_are_one_order(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    reports = await asyncio.gather(*(venue.broker.place(order(venue, "jx1")) for _ in range(20)))
    assert len(set(reports)) == 1
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(10)}


async def test_different_orders_at_the_same_time_are_all_booked(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    placed = await asyncio.gather(*(venue.broker.place(order(venue, f"jx{n}")) for n in range(20)))
    assert len({report.venue_order_id for report in placed}) == 20
    assert len({report.fills[0].execution_id for report in placed}) == 20
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(200)}


async def test_an_order_for_what_has_no_quote_is_refused_for_good(venue: Venue) -> None:
    with pytest.raises(Refused) as first:
        await venue.broker.place(order(venue, "jx1"))
    assert first.value.code == venue.no_quote_code
    await venue.trade_bars([bar(0, close="150")])
    with pytest.raises(Refused) as again:
        await venue.broker.place(order(venue, "jx1"))
    assert again.value.code == venue.no_quote_code
    report = await venue.broker.query("jx1")
    assert (report.status, report.reason_code) == (OrderStatus.REJECTED, venue.no_quote_code)
    assert await venue.broker.positions(venue.account) == {}


async def test_nothing_is_known_of_an_order_that_was_never_placed(venue: Venue) -> None:
    with pytest.raises(NotFound, match="jx9"):
        await venue.broker.query("jx9")
    with pytest.raises(NotFound, match="jx9"):
        await venue.broker.cancel("jx9")


async def test_a_working_order_can_be_canceled_and_never_fills_after(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    await venue.broker.place(order(venue, "jx1", limit="140"))
    assert (await venue.broker.cancel("jx1")).status is OrderStatus.CANCELED
    await venue.trade_bars([bar(1, close="139")])
    report = await venue.broker.query("jx1")
    assert (report.status, report.fills) == (OrderStatus.CANCELED, ())


async def test_canceling_a_filled_order_answers_that_it_is_filled(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    placed = await venue.broker.place(order(venue, "jx1"))
    assert await venue.broker.cancel("jx1") == placed


async def test_the_account_starts_with_cash_alone(venue: Venue) -> None:
    snapshot = await venue.broker.account(venue.account)
    assert snapshot.cash == snapshot.net_liquidation == snapshot.buying_power == venue.starting_cash
    assert await venue.broker.positions(venue.account) == {}


async def test_the_account_follows_fills_and_quotes(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    await venue.broker.place(order(venue, "jx1", 100))
    await venue.trade_bars([bar(1, close="160")])
    snapshot = await venue.broker.account(venue.account)
    assert snapshot.cash == venue.starting_cash - 15_000
    assert snapshot.net_liquidation == venue.starting_cash + 1_000
    assert snapshot.buying_power == venue.starting_cash - 15_000


async def test_a_short_position_uses_buying_power_too(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    await venue.broker.place(order(venue, "jx1", 100, side=Side.SELL))
    snapshot = await venue.broker.account(venue.account)
    assert snapshot.cash == venue.starting_cash + 15_000
    assert snapshot.net_liquidation == venue.starting_cash
    assert snapshot.buying_power == venue.starting_cash - 15_000
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(-100)}


async def test_buying_power_is_never_below_zero(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    await venue.broker.place(order(venue, "jx1", 1000))
    assert (await venue.broker.account(venue.account)).buying_power == 0


async def test_a_closed_position_is_not_listed_and_its_profit_stays(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])
    await venue.broker.place(order(venue, "jx1"))
    await venue.trade_bars([bar(1, close="160")])
    await venue.broker.place(order(venue, "jx2", side=Side.SELL))
    assert await venue.broker.positions(venue.account) == {}
    assert (await venue.broker.account(venue.account)).net_liquidation == venue.starting_cash + 100
