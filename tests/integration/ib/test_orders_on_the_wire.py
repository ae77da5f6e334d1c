"""What an order says on the wire, and what of it is sent."""

from decimal import Decimal
from typing import Any

import pytest

from jax.domain.order import OrderLeg, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.errors import Conflict, NotFound, Refused
from tests.contract.broker_venues import INSTRUMENTS, bar
from tests.ib_gateway.server import ACCOUNT
from tests.ib_gateway.venue import CLIENT_ID, LISTED
from tests.integration.ib.conftest import Desk

GTC = TimeInForce.GTC


async def test_nothing_is_left_to_a_preset(desk: Desk) -> None:
    await desk.place("jx1", quantity=25, limit="140.10", side=Side.SELL, time_in_force=GTC)
    sent = desk.at_the_broker("jx1")
    assert (sent.order_ref, sent.account, sent.client_id) == ("jx1", ACCOUNT, CLIENT_ID)
    assert (sent.time_in_force, sent.outside_rth) == ("GTC", "0")
    assert sent.quantity == 25
    assert (sent.action, sent.order_type, sent.limit_price, sent.stop_price) == ("SELL", "LMT", "140.1", "")
    assert (sent.oca_group, sent.oca_type) == ("", "0")


async def test_a_number_arrives_as_it_was_written(desk: Desk) -> None:
    await desk.place("jx1", quantity=1_000_000, stop="123456789.01", time_in_force=GTC)
    sent = desk.at_the_broker("jx1")
    assert (sent.order_type, str(sent.quantity), sent.stop_price) == ("STP", "1000000", "123456789.01")


async def test_stop_and_target_of_one_trade_are_one_group_and_a_close_is_in_none(desk: Desk) -> None:
    await desk.place("jx1")
    exits: dict[str, Any] = {"side": Side.SELL, "signal_id": "sgjx1", "time_in_force": GTC}
    await desk.place("stop", stop="145", leg=OrderLeg.STOP, **exits)
    await desk.place("target", limit="160", leg=OrderLeg.TARGET, **exits)
    for name in ("stop", "target"):
        assert (desk.at_the_broker(name).oca_group, desk.at_the_broker(name).oca_type) == ("sgjx1", "2")
    await desk.place("close", leg=OrderLeg.CLOSE, **exits)
    assert desk.at_the_broker("close").oca_group == ""


async def test_when_one_of_a_group_has_filled_the_other_is_over(desk: Desk) -> None:
    await desk.place("jx1")
    exits: dict[str, Any] = {"side": Side.SELL, "signal_id": "sgjx1", "time_in_force": GTC}
    await desk.place("stop", stop="145", leg=OrderLeg.STOP, **exits)
    await desk.place("target", limit="160", leg=OrderLeg.TARGET, **exits)
    desk.gateway.trade_bars([bar(1, close="161", open="150")], INSTRUMENTS)
    assert (await desk.venue.query("target")).status is OrderStatus.FILLED
    report = await desk.venue.query("stop")
    assert (report.status, report.reason_code, report.fills) == (OrderStatus.CANCELED, "REDUCE_ONLY", ())


async def test_what_we_have_canceled_ourselves_is_not_said_to_have_given_way(desk: Desk) -> None:
    await desk.place("jx1")
    exits: dict[str, Any] = {"side": Side.SELL, "signal_id": "sgjx1", "time_in_force": GTC}
    await desk.place("target", limit="160", leg=OrderLeg.TARGET, **exits)
    canceled = await desk.venue.cancel("target")
    assert (canceled.status, canceled.reason_code) == (OrderStatus.CANCELED, None)
    await desk.place("stop", stop="145", leg=OrderLeg.STOP, **exits)
    desk.gateway.trade_bars([bar(1, close="144", open="150")], INSTRUMENTS)
    assert (await desk.venue.query("stop")).status is OrderStatus.FILLED
    assert await desk.venue.query("target") == canceled


async def test_a_position_that_the_gateway_shows_late_does_not_leave_a_stop_out(desk: Desk) -> None:
    await desk.place("jx1")
    desk.gateway.script.positions_lag = 2
    report = await desk.place("stop", stop="145", side=Side.SELL, leg=OrderLeg.STOP, time_in_force=GTC)
    assert report.status is OrderStatus.NEW
    assert desk.at_the_broker("stop").quantity == 10


async def test_a_way_out_is_sent_for_what_is_held_and_not_more(desk: Desk) -> None:
    await desk.place("jx1", quantity=4)
    report = await desk.place("close", quantity=10, side=Side.SELL, leg=OrderLeg.CLOSE)
    assert desk.at_the_broker("close").quantity == 4
    assert (report.status, report.reason_code) == (OrderStatus.CANCELED, "REDUCE_ONLY")
    assert await desk.venue.place(desk.order("close", 10, side=Side.SELL, leg=OrderLeg.CLOSE)) == report


async def test_what_holds_nothing_is_left_out_and_remembered(desk: Desk) -> None:
    report = await desk.place("close", side=Side.SELL, leg=OrderLeg.CLOSE)
    assert (report.status, report.reason_code, report.fills) == (OrderStatus.CANCELED, "REDUCE_ONLY", ())
    await desk.place("jx1")
    assert await desk.venue.query("close") == report
    assert desk.gateway.book.arrivals() == {"jx1": 1}


async def test_the_venue_itself_knows_names_and_terms(desk: Desk) -> None:
    await desk.place("jx1", limit="140")
    with pytest.raises(Conflict, match="jx1"):
        await desk.venue.place(desk.order("jx1", 11, limit="140"))
    assert desk.gateway.asked.count(3) == 1


@pytest.mark.parametrize("symbol", ["NOPE", "BTC/USDT"])
async def test_what_is_no_share_that_it_was_told_of_is_refused_and_not_asked_for(
    desk: Desk, symbol: str
) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await desk.place("jx1", symbol=symbol)
        assert refused.value.code == "NO_CONTRACT"
    report = await desk.venue.query("jx1")
    assert (report.status, report.reason_code) == (OrderStatus.REJECTED, "NO_CONTRACT")
    assert desk.gateway.asked.count(3) == 0


async def test_an_order_for_another_account_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        await desk.place("jx1", account="DU7")
    assert refused.value.code == "UNKNOWN_ACCOUNT"
    assert desk.gateway.asked.count(3) == 0


async def test_a_class_of_shares_is_spelled_as_each_side_does(desk: Desk) -> None:
    desk.gateway.trade_bars([bar(0, close="400", symbol="BRK.B")], LISTED)
    report = await desk.place("jx1", symbol="BRK.B")
    assert desk.at_the_broker("jx1").contract.symbol == "BRK B"
    assert [fill.symbol for fill in report.fills] == ["BRK.B"]
    assert await desk.venue.positions(ACCOUNT) == {"BRK.B": Decimal(10)}
    assert (await desk.venue.quote("BRK.B")).bid == 400


@pytest.mark.parametrize("kind", [2, 3])
async def test_frozen_or_delayed_prices_are_no_quote(desk: Desk, kind: int) -> None:
    assert (await desk.venue.quote("AAPL")).ask == 150
    desk.gateway.script.prices = kind
    with pytest.raises(NotFound, match="AAPL"):
        await desk.venue.quote("AAPL")


async def test_an_instrument_that_was_told_with_bars_is_known_after_a_restart(desk: Desk) -> None:
    await desk.venue.on_bars([bar(0, close="150"), bar(0, close="300", symbol="MSFT")])
    assert set(await desk.venue.instruments()) == {"AAPL", "MSFT"}
    assert (await desk.venue.instruments())["AAPL"] == INSTRUMENTS["AAPL"]
