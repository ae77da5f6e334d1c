"""What makes it safe to send to any Broker: epochs, deadlines, the kill switch, the journal."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.order import Order, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import BrokerEventKind, OrderReport, WorkingOrder
from jax.ports.errors import NotFound, Refused
from tests.contract.broker_venues import Venue, bar, order, way_out

MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
async def quoted(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])


async def refusal(venue: Venue, refused: Order) -> str:
    with pytest.raises(Refused, match=refused.client_order_id) as told:
        await venue.broker.place(refused)
    return told.value.code


async def told_of(venue: Venue, client_order_id: str) -> list[str]:
    events = (await venue.broker.events(after=0)).events
    return [event.detail for event in events if event.client_order_id == client_order_id]


async def test_orders_below_the_registered_epoch_are_refused_and_those_at_it_are_not(venue: Venue) -> None:
    await venue.broker.raise_epoch(venue.account, 5)
    assert await refusal(venue, order(venue, "jx4", epoch=4)) == "FENCED"
    assert (await venue.broker.place(order(venue, "jx5", epoch=5))).status is OrderStatus.FILLED
    assert (await venue.broker.place(order(venue, "jx6", epoch=6))).status is OrderStatus.FILLED
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(20)}
    with pytest.raises(NotFound):
        await venue.broker.query("jx4")


async def test_an_order_of_a_higher_epoch_does_not_raise_the_floor(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx6", epoch=6))
    assert (await venue.broker.place(order(venue, "jx1", epoch=1))).status is OrderStatus.FILLED


async def test_the_floor_never_goes_down(venue: Venue) -> None:
    assert (await venue.broker.status(venue.account)).epoch == 0
    await venue.broker.raise_epoch(venue.account, 5)
    await venue.broker.raise_epoch(venue.account, 5)
    with pytest.raises(Refused, match="epoch 5") as refused:
        await venue.broker.raise_epoch(venue.account, 4)
    assert refused.value.code == "FENCED"
    assert (await venue.broker.status(venue.account)).epoch == 5


async def test_an_order_that_is_known_is_answered_whatever_epoch_deadline_and_kill(venue: Venue) -> None:
    placed = await venue.broker.place(order(venue, "jx1"))
    await venue.broker.raise_epoch(venue.account, 5)
    await venue.broker.kill(venue.account, reason="drill")
    venue.clock.advance(timedelta(seconds=6))
    assert await venue.broker.place(order(venue, "jx1")) == placed
    later = order(venue, "jx1", epoch=5, deadline_at=venue.clock.now() + timedelta(seconds=5))
    assert await venue.broker.place(later) == placed, "epoch and deadline are no terms of an order"


async def test_an_order_after_its_deadline_is_refused_and_has_never_been_there(venue: Venue) -> None:
    in_time = order(venue, "jx1", deadline_at=venue.clock.now())
    assert (await venue.broker.place(in_time)).status is OrderStatus.FILLED
    late = order(venue, "jx2", deadline_at=venue.clock.now() - MICROSECOND)
    assert await refusal(venue, late) == "DEADLINE_PASSED"
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(10)}
    assert await venue.broker.working_orders(venue.account) == []


async def test_a_kill_cancels_what_is_open_and_refuses_what_is_new(venue: Venue) -> None:
    for name, limit in (("jx1", "140"), ("jx2", "141")):
        await venue.broker.place(order(venue, name, limit=limit, time_in_force=TimeInForce.GTC))
    await venue.broker.kill(venue.account, reason="drill")
    assert await venue.broker.working_orders(venue.account) == []
    for name in ("jx1", "jx2"):
        assert (await venue.broker.query(name)).status is OrderStatus.CANCELED
    assert await refusal(venue, order(venue, "jx3")) == "KILLED"
    await venue.trade_bars([bar(1, close="139")])
    assert await venue.broker.positions(venue.account) == {}


async def test_what_was_refused_while_killed_is_refused_after_it(venue: Venue) -> None:
    await venue.broker.kill(venue.account, reason="drill")
    assert await refusal(venue, order(venue, "jx1")) == "KILLED"
    await venue.broker.release_kill(venue.account)
    assert await refusal(venue, order(venue, "jx1")) == "KILLED"
    report = await venue.broker.query("jx1")
    assert (report.status, report.reason_code, report.fills) == (OrderStatus.REJECTED, "KILLED", ())
    assert (await venue.broker.place(order(venue, "jx2"))).status is OrderStatus.FILLED
    assert await venue.broker.positions(venue.account) == {"AAPL": Decimal(10)}


async def test_the_first_reason_of_a_kill_stays_until_it_is_released(venue: Venue) -> None:
    assert (await venue.broker.status(venue.account)).killed is None
    await venue.broker.kill(venue.account, reason="loss")
    await venue.broker.kill(venue.account, reason="again")
    assert (await venue.broker.status(venue.account)).killed == "loss"
    await venue.broker.release_kill(venue.account)
    assert (await venue.broker.status(venue.account)).killed is None
    await venue.broker.kill(venue.account, reason="later")
    assert (await venue.broker.status(venue.account)).killed == "later"


async def test_cancels_are_taken_while_killed(venue: Venue) -> None:
    placed = await venue.broker.place(order(venue, "jx1"))
    await venue.broker.kill(venue.account, reason="drill")
    assert await venue.broker.cancel("jx1") == placed
    with pytest.raises(NotFound, match="jx9"):
        await venue.broker.cancel("jx9")


async def test_no_order_gets_past_a_kill_at_the_same_time(venue: Venue) -> None:
    async def place(name: str) -> OrderReport | None:
        with suppress(Refused):
            return await venue.broker.place(order(venue, name, limit="140", time_in_force=TimeInForce.GTC))
        return None

    names = [f"jx{number}" for number in range(10)]
    placing = asyncio.gather(*(place(name) for name in names))
    await venue.broker.kill(venue.account, reason="drill")
    await placing
    for name in names:
        assert (await venue.broker.query(name)).status in {OrderStatus.CANCELED, OrderStatus.REJECTED}
    assert await venue.broker.working_orders(venue.account) == []


async def test_working_orders_are_those_that_may_still_fill(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1"))
    buying = await venue.broker.place(order(venue, "jx2", 7, limit="140"))
    selling = await venue.broker.place(order(venue, "jx3", 3, limit="160", side=Side.SELL))
    await venue.broker.place(order(venue, "jx4", limit="140"))
    await venue.broker.cancel("jx4")
    working = await venue.broker.working_orders(venue.account)
    assert sorted(working, key=lambda found: found.client_order_id or "") == [
        WorkingOrder("jx2", buying.venue_order_id, "AAPL", Side.BUY, Decimal(7)),
        WorkingOrder("jx3", selling.venue_order_id, "AAPL", Side.SELL, Decimal(3)),
    ]


async def test_the_quote_is_the_newest_one(venue: Venue) -> None:
    newest = bar(1, close="151.25")
    await venue.trade_bars([newest])
    found = await venue.broker.quote("AAPL")
    assert (found.symbol, found.bid, found.ask) == ("AAPL", Decimal("151.25"), Decimal("151.25"))
    assert found.ts_event == (venue.clock.now() if venue.quotes_now else newest.end)
    with pytest.raises(NotFound, match="MSFT"):
        await venue.broker.quote("MSFT")


async def test_a_broker_that_can_be_asked_has_no_problem(venue: Venue) -> None:
    assert (await venue.broker.status(venue.account)).problem is None


async def test_an_account_that_is_not_there_is_a_problem_and_has_nothing(venue: Venue) -> None:
    assert "nobody" in ((await venue.broker.status("nobody")).problem or "")
    with pytest.raises(NotFound, match="nobody"):
        await venue.broker.account("nobody")
    with pytest.raises(NotFound, match="nobody"):
        await venue.broker.positions("nobody")
    with pytest.raises(NotFound, match="nobody"):
        await venue.broker.working_orders("nobody")


async def test_the_journal_tells_of_every_order_in_the_order_of_its_numbers(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", limit="140", time_in_force=TimeInForce.GTC))
    await venue.broker.place(order(venue, "jx2", limit="141", time_in_force=TimeInForce.GTC))
    await venue.broker.cancel("jx2")
    await venue.trade_bars([bar(1, close="139")])
    events = (await venue.broker.events(after=0)).events
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert {event.kind for event in events} == {BrokerEventKind.ORDER}
    assert {event.at for event in events} == {venue.clock.now()}
    for name, last in (("jx1", OrderStatus.FILLED), ("jx2", OrderStatus.CANCELED)):
        told = await told_of(venue, name)
        assert told[0].startswith(OrderStatus.NEW)
        assert told[-1].startswith(last)


async def test_the_journal_is_read_on_from_any_number(venue: Venue) -> None:
    for number in range(4):
        await venue.broker.place(order(venue, f"jx{number}", limit="140"))
    events = (await venue.broker.events(after=0)).events
    assert len(events) >= 4
    assert (await venue.broker.events(after=2)).events == events[2:]
    assert (await venue.broker.events(after=1, limit=2)).events == events[1:3]
    assert (await venue.broker.events(after=len(events))).events == []


async def test_the_journal_tells_of_refusals_and_of_what_a_kill_cancels(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", limit="140"))
    await refusal(venue, order(venue, "jx2", symbol="MSFT"))
    await venue.broker.kill(venue.account, reason="drill")
    await refusal(venue, order(venue, "jx3"))
    assert (await told_of(venue, "jx1"))[-1].startswith(OrderStatus.CANCELED)
    assert (await told_of(venue, "jx2"))[-1].startswith(f"REJECTED {venue.no_quote_code}")
    assert (await told_of(venue, "jx3"))[-1].startswith("REJECTED KILLED")


async def test_a_way_out_is_refused_while_killed_as_well(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1"))
    await venue.broker.kill(venue.account, reason="drill")
    out = way_out(venue, "jx2")
    assert out.order_type is OrderType.MARKET
    assert await refusal(venue, out) == "KILLED"
