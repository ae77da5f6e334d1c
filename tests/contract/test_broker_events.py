"""How what a Broker answers and what its journal tells of go together, and asking about many at once."""

import asyncio

import pytest

from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from jax.ports.broker import MOST_ASKED_ABOUT, BrokerEvent, OrderReport
from jax.ports.errors import Refused
from tests.contract.broker_venues import Venue, bar, order

# These say of the answer to an order that it holds what the journal tells of it; the others are asked again.
NUMBERED = {
    "paper in memory",
    "paper reopened for every call",
    "bridge desk, book in memory",
    "bridge desk, book on disk",
    "bridge over HTTP",
}


@pytest.fixture(autouse=True)
async def quoted(venue: Venue) -> None:
    await venue.trade_bars([bar(0, close="150")])


async def told_of(venue: Venue, client_order_id: str) -> list[BrokerEvent]:
    page = await venue.broker.events(after=0)
    return [event for event in page.events if event.client_order_id == client_order_id]


def is_in(event: BrokerEvent, report: OrderReport) -> bool:
    assert event.change is not None
    assert report.as_of is not None
    return event.change <= report.as_of


async def settled(venue: Venue) -> None:
    """Until the journal holds what was noted after the answer was given."""
    for _ in range(20):
        await asyncio.sleep(0)
        await venue.broker.events(after=0)


async def test_an_answer_holds_what_was_told_before_it_was_asked_for(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx1", limit="140", time_in_force=TimeInForce.GTC))
    await venue.trade_bars([bar(1, close="139")])
    await settled(venue)
    told = await told_of(venue, "jx1")
    assert told
    report = await venue.broker.query("jx1")
    assert report.status is OrderStatus.FILLED
    assert all(is_in(event, report) for event in told)
    said = (await venue.broker.query_many(["jx1"]))["jx1"]
    assert said == report
    assert said is not None
    assert all(is_in(event, said) for event in told)


async def test_what_comes_after_an_answer_is_not_in_it(venue: Venue, request: pytest.FixtureRequest) -> None:
    placed = await venue.broker.place(order(venue, "jx1", limit="140", time_in_force=TimeInForce.GTC))
    asked = await venue.broker.query("jx1")
    assert (placed.status, asked.status) == (OrderStatus.NEW, OrderStatus.NEW)
    await settled(venue)
    before = await told_of(venue, "jx1")
    await venue.trade_bars([bar(1, close="139")])
    await settled(venue)
    news = (await told_of(venue, "jx1"))[len(before) :]
    last = news[-1]
    if request.node.callspec.params["venue"] not in NUMBERED:
        assert not any(is_in(event, asked) for event in news)
    assert last.detail.startswith(OrderStatus.FILLED)
    assert not is_in(last, placed)
    assert not is_in(last, asked)


async def test_a_cancel_is_not_in_what_was_answered_before_it(venue: Venue) -> None:
    placed = await venue.broker.place(order(venue, "jx1", limit="140", time_in_force=TimeInForce.GTC))
    await settled(venue)
    before = await told_of(venue, "jx1")
    canceled = await venue.broker.cancel("jx1")
    assert canceled.status is OrderStatus.CANCELED
    await settled(venue)
    told = await told_of(venue, "jx1")
    assert told[-1].detail.startswith(OrderStatus.CANCELED)
    assert not is_in(told[-1], placed)
    assert all(is_in(event, canceled) for event in before)


async def test_the_answer_to_an_order_holds_all_that_is_told_of_it_where_the_venue_numbers(
    venue: Venue, request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["venue"] not in NUMBERED:
        pytest.skip("a venue that numbers nothing: its own news of the order comes after the answer")
    # Of these the journal of a bridge tells and its venue's does not: the two number differently from here.
    await venue.broker.kill(venue.account, reason="drill")
    for number in range(5):
        with pytest.raises(Refused):
            await venue.broker.place(order(venue, f"jx-killed{number}"))
    await venue.broker.release_kill(venue.account)
    report = await venue.broker.place(order(venue, "jx1"))
    await venue.trade_bars([bar(1, close="150", symbol="MSFT")])
    await settled(venue)
    told = await told_of(venue, "jx1")
    assert len(told) >= 2
    assert all(is_in(event, report) for event in told)


async def test_many_are_asked_about_at_once_and_each_is_answered_as_it_would_be_alone(venue: Venue) -> None:
    for name in ("jx1", "jx2"):
        await venue.broker.place(order(venue, name, limit="140", time_in_force=TimeInForce.GTC))
    said = await venue.broker.query_many(["jx2", "jx9", "jx1"])
    assert said == {
        "jx1": await venue.broker.query("jx1"),
        "jx2": await venue.broker.query("jx2"),
        "jx9": None,
    }
    assert await venue.broker.query_many([]) == {}


async def test_as_many_as_can_be_asked_about_at_once_are_answered(
    venue: Venue, request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["venue"] not in NUMBERED:
        pytest.skip("asks its exchange about each: as many as it lets through in three seconds")
    names = [f"jx{number}" for number in range(MOST_ASKED_ABOUT)]
    await venue.broker.place(order(venue, names[0]))
    said = await venue.broker.query_many(names)
    assert said.keys() == set(names)
    assert [name for name, report in said.items() if report is not None] == names[:1]


async def test_a_journal_has_a_name(venue: Venue) -> None:
    first = await venue.broker.events(after=0)
    assert first.journal
    await venue.broker.place(order(venue, "jx1"))
    assert (await venue.broker.events(after=0)).journal == first.journal
