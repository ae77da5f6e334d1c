"""What may go to an exchange, and how it is told of: limits, steps, exits, days, commissions."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.brokers.ccxt.open_venue import open_ccxt_venue
from jax.adapters.brokers.ccxt.sending_limits import SendingLimits
from jax.adapters.memory.clock import SettableClock
from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.errors import Refused, Unavailable
from tests.contract import ccxt_venues
from tests.contract.broker_venues import bar
from tests.contract.ccxt_venues import WORDS, OpenedVenue, opened_venue, reopened_venue
from tests.exchange_server.binance_us import BinanceUsWords
from tests.exchange_server.faults import Fault
from tests.integration.ccxt_venue.exchange_orders import order, way_out

GTC = TimeInForce.GTC
MICRO = SendingLimits(is_live=True, most_notional=Decimal(1500))


async def refused_with(opened: OpenedVenue, *arguments: Any, **terms: Any) -> str:
    with pytest.raises(Refused) as refused:
        await opened.venue.place(order(opened, *arguments, **terms))
    return refused.value.code


@pytest.mark.parametrize("name", WORDS)
async def test_a_venue_that_is_not_armed_only_reads(name: str, tmp_path: Path, clock: SettableClock) -> None:
    async with opened_venue(
        name, tmp_path, clock, limits=SendingLimits(is_live=False, most_notional=Decimal(10**9))
    ) as opened:
        await opened.trade_bars([bar(0, close="150")])
        assert await refused_with(opened, "jx1", 1) == "READ_ONLY"
        with pytest.raises(Refused, match="CCXT_LIVE"):
            await opened.venue.place(way_out(opened, "jx2", 1))
        assert (await opened.venue.quote("AAPL")).bid == 150
        assert (await opened.venue.account(name)).cash == 100_000
        assert {method for method, _ in opened.exchange.requests} == {"GET"}


@pytest.mark.parametrize(
    ("quantity", "terms"),
    [
        (11, {}),
        (11, {"limit": "150"}),
        (10, {"limit": "150.01"}),
        (11, {"stop": "151"}),
        # A limit far below the market is still sold at the market.
        (11, {"limit": "1", "side": Side.SELL}),
    ],
)
async def test_an_order_above_the_micro_cap_is_refused_and_one_at_it_is_not(
    tmp_path: Path, clock: SettableClock, quantity: int, terms: dict[str, Any]
) -> None:
    async with opened_venue("binanceus", tmp_path, clock, limits=MICRO) as opened:
        await opened.trade_bars([bar(0, close="150")])
        assert await refused_with(opened, "jx1", quantity, **terms) == "MICRO_CAP"
        assert opened.exchange.placed() == 0
        assert (await opened.venue.place(order(opened, "jx2", 10))).status is OrderStatus.FILLED


async def test_the_micro_cap_holds_nothing_back_that_only_reduces(
    tmp_path: Path, clock: SettableClock
) -> None:
    async with opened_venue("binanceus", tmp_path, clock, limits=MICRO) as opened:
        await opened.trade_bars([bar(0, close="150")])
        await opened.venue.place(order(opened, "jx1", 10))
        await opened.trade_bars([bar(1, close="1500")])
        assert (await opened.venue.place(way_out(opened, "jx2", 10))).status is OrderStatus.FILLED


async def test_what_was_refused_while_nothing_was_armed_stays_refused(
    tmp_path: Path, clock: SettableClock
) -> None:
    async with opened_venue(
        "binanceus", tmp_path, clock, limits=SendingLimits(is_live=False, most_notional=Decimal(10))
    ) as opened:
        await opened.trade_bars([bar(0, close="150")])
        wanted = order(opened, "jx1", 1)
        with pytest.raises(Refused):
            await opened.venue.place(wanted)
        exchange = opened.exchange
        opened.venue.sent.close()
        async with reopened_venue("binanceus", tmp_path, clock, exchange) as armed:
            with pytest.raises(Refused) as refused:
                await armed.venue.place(wanted)
            assert refused.value.code == "READ_ONLY"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"quantity": Decimal("1.5")}, "LOT_SIZE"),
        ({"limit": "149.995"}, "PRICE_INCREMENT"),
        ({"stop": "151.001"}, "PRICE_INCREMENT"),
        ({"symbol": "TSLA"}, "UNKNOWN_SYMBOL"),
        ({"symbol": "MSFT"}, "NO_QUOTE"),
    ],
)
async def test_what_the_exchange_would_refuse_is_refused_here_and_never_rounded(
    opened: OpenedVenue, terms: dict[str, Any], code: str
) -> None:
    assert await refused_with(opened, "jx1", **terms) == code
    assert opened.exchange.placed() == 0


async def test_a_way_out_sells_what_is_held_and_its_rest_is_canceled(opened: OpenedVenue) -> None:
    await opened.venue.place(order(opened, "jx1", 10))
    report = await opened.venue.place(way_out(opened, "jx2", 15))
    assert (report.status, report.reason_code) == (OrderStatus.CANCELED, "REDUCE_ONLY")
    assert [fill.quantity for fill in report.fills] == [10]
    assert await opened.venue.query("jx2") == report
    assert await opened.venue.place(way_out(opened, "jx2", 15)) == report
    nothing = await opened.venue.place(way_out(opened, "jx3", 15))
    assert (nothing.status, nothing.fills) == (OrderStatus.CANCELED, ())
    assert await opened.venue.query("jx3") == nothing == await opened.venue.cancel("jx3")
    assert opened.exchange.placed() == 2


async def test_a_close_takes_back_the_stop_that_binds_what_it_would_sell(opened: OpenedVenue) -> None:
    await opened.venue.place(order(opened, "jx1", 10))
    await opened.venue.place(way_out(opened, "jx2", stop="145"))
    with pytest.raises(Refused) as refused:
        await opened.venue.place(way_out(opened, "jx3", limit="160"))
    assert refused.value.code == "INSUFFICIENT_FUNDS"
    assert (await opened.venue.query("jx2")).status is OrderStatus.NEW
    assert (await opened.venue.place(way_out(opened, "jx4"))).status is OrderStatus.FILLED
    assert (await opened.venue.query("jx2")).status is OrderStatus.CANCELED


async def test_a_close_is_not_sent_while_a_stop_may_bind_what_it_would_sell(opened: OpenedVenue) -> None:
    await opened.venue.place(order(opened, "jx1", 10))
    await opened.venue.place(way_out(opened, "jx2", stop="145"))
    before = opened.exchange.placed()
    opened.exchange.faults.waiting.append(Fault("RESET", method="DELETE", after=False, times=2))
    with pytest.raises(Unavailable, match="jx2 may still bind"):
        await opened.venue.place(way_out(opened, "jx4"))
    assert opened.exchange.placed() == before
    assert (await opened.venue.place(way_out(opened, "jx4"))).status is OrderStatus.FILLED


async def test_an_order_for_the_day_is_canceled_by_the_first_look_after_midnight(opened: OpenedVenue) -> None:
    await opened.venue.place(order(opened, "jx1", limit="140"))
    await opened.venue.place(order(opened, "jx2", limit="140", time_in_force=GTC))
    opened.clock.advance(timedelta(hours=9, minutes=29, seconds=59))
    assert (await opened.venue.query("jx1")).status is OrderStatus.NEW
    opened.clock.advance(timedelta(seconds=1))
    await opened.venue.query("jx1")
    report = await opened.venue.query("jx1")
    assert (report.status, report.reason_code) == (OrderStatus.EXPIRED, None)
    assert (await opened.venue.query("jx2")).status is OrderStatus.NEW


async def test_a_stop_becomes_a_stop_with_a_limit_where_the_exchange_has_no_other(
    tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        ccxt_venues.WORDS,
        "binanceus",
        lambda exchange: BinanceUsWords(exchange, kinds=("LIMIT", "MARKET", "STOP_LOSS_LIMIT")),
    )
    async with opened_venue("binanceus", tmp_path, clock) as opened:
        await opened.trade_bars([bar(0, close="150")])
        await opened.venue.place(order(opened, "jx1", 10))
        await opened.venue.place(way_out(opened, "jx2", stop="145"))
        await opened.venue.place(order(opened, "jx3", stop="155"))
        placed = {known.name: known for known in opened.exchange.book.orders}
        assert [placed[name].kind for name in ("jx2", "jx3")] == ["STOP_LOSS_LIMIT"] * 2
        assert (placed["jx2"].price, placed["jx3"].price) == (Decimal("140.65"), Decimal("159.65"))


async def test_a_stop_is_refused_where_the_exchange_has_none(
    tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        ccxt_venues.WORDS,
        "binanceus",
        lambda exchange: BinanceUsWords(exchange, kinds=("LIMIT", "MARKET")),
    )
    async with opened_venue("binanceus", tmp_path, clock) as opened:
        await opened.trade_bars([bar(0, close="150")])
        assert await refused_with(opened, "jx1", stop="155") == "ORDER_TYPE"
        assert opened.exchange.placed() == 0


async def test_a_commission_in_quote_currency_is_told_as_it_is(opened: OpenedVenue) -> None:
    opened.exchange.book.fee_rate = Decimal("0.001")
    (fill,) = (await opened.venue.place(order(opened, "jx1", 10))).fills
    # BtcTurk adds the tax on it.
    assert fill.commission == (Decimal("1.5") if opened.venue.name == "binanceus" else Decimal("1.77"))


async def test_a_commission_in_base_currency_counts_at_the_price_and_is_missing_in_the_position(
    binance: OpenedVenue,
) -> None:
    binance.exchange.book.fee_rate = Decimal("0.001")
    binance.exchange.book.fee_in_base = True
    (fill,) = (await binance.venue.place(order(binance, "jx1", 10))).fills
    assert fill.commission == Decimal("1.5")
    assert await binance.venue.positions("binanceus") == {"AAPL": Decimal("9.99")}
    report = await binance.venue.place(way_out(binance, "jx2", 10))
    assert (report.status, report.reason_code) == (OrderStatus.CANCELED, "REDUCE_ONLY")
    assert [fill.quantity for fill in report.fills] == [9]


async def test_less_than_a_lot_is_not_sent(binance: OpenedVenue) -> None:
    binance.exchange.book.fee_rate = Decimal("0.5")
    binance.exchange.book.fee_in_base = True
    await binance.venue.place(order(binance, "jx1", 1))
    report = await binance.venue.place(way_out(binance, "jx2", 1))
    assert (report.status, report.reason_code) == (OrderStatus.CANCELED, "REDUCE_ONLY")
    assert binance.exchange.placed() == 1


async def test_orders_of_others_are_listed_without_a_name(opened: OpenedVenue) -> None:
    await opened.venue.place(order(opened, "own", 1, limit="140"))
    await opened.venue.place(order(opened, "jx1", 2, limit="140"))
    known = opened.exchange.book
    theirs = type(known.orders[0])(
        0, "web_1", known.pair("AAPLUSD"), "BUY", "LIMIT", Decimal(3), Decimal(140), None, known.now_ms()
    )
    known.place(theirs)
    working = await opened.venue.working_orders(opened.venue.name)
    assert {(found.client_order_id, found.leaves_quantity, found.symbol) for found in working} == {
        ("own", Decimal(1), "AAPL"),
        ("jx1", Decimal(2), "AAPL"),
        (None, Decimal(3), "AAPL"),
    }


async def test_an_order_is_known_after_a_restart_and_not_sent_again(
    opened: OpenedVenue, tmp_path: Path
) -> None:
    wanted = order(opened, "jx1", limit="140", time_in_force=GTC)
    placed = await opened.venue.place(wanted)
    opened.venue.sent.close()
    async with reopened_venue(opened.venue.name, tmp_path, opened.clock, opened.exchange) as again:
        assert await again.venue.place(wanted) == placed
        assert await again.venue.query("jx1") == placed
        assert (await again.venue.cancel("jx1")).status is OrderStatus.CANCELED
        assert again.exchange.placed() == 1


async def test_an_order_in_a_market_that_is_not_named_any_more_is_not_called_missing(
    opened: OpenedVenue, tmp_path: Path
) -> None:
    await opened.venue.place(order(opened, "jx1", limit="140", time_in_force=GTC))
    opened.venue.sent.close()
    name, url = opened.venue.name, opened.exchange.url
    without = replace(ccxt_venues.account_of(name, url), symbols={"MSFT": "MSFT/USD"})
    path = tmp_path / "ccxt-venue.sqlite3"
    async with open_ccxt_venue(path, without, clock=opened.clock) as venue:
        with pytest.raises(Unavailable, match="CCXT_SYMBOLS does not name it"):
            await venue.query("jx1")


async def test_the_account_tells_what_orders_bind(opened: OpenedVenue) -> None:
    await opened.venue.place(order(opened, "jx1", 10))
    await opened.venue.place(order(opened, "jx2", 10, limit="140"))
    snapshot = await opened.venue.account(opened.venue.name)
    assert snapshot.currency == "USD"
    assert snapshot.cash == 98_500
    assert snapshot.net_liquidation == 100_000
    assert snapshot.buying_power == 97_100
