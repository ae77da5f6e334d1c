"""The venue that lies: each of its faults, alone and by seed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from jax.adapters.brokers.paper.faults import REJECTED_BY_CHANCE, Faults, FaultyVenue
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.memory.clock import SettableClock
from jax.domain.errors import InvalidValue
from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Refused
from tests.contract.broker_venues import OPENING, Venue, bar, order, paper_broker


@asynccontextmanager
async def faulty(seed: int = 1, **faults: float) -> AsyncIterator[tuple[FaultyVenue, Venue]]:
    """A faulty venue, and the sound one behind it."""
    clock = SettableClock(OPENING)
    async with paper_broker(IN_MEMORY, clock=clock) as paper:
        await paper.on_bars([bar(0, close="150")])
        venue = Venue(paper, "paper", Decimal(100_000), paper.on_bars, clock)
        yield FaultyVenue(paper, Faults(**faults), dice=Random(seed), clock=clock), venue


async def test_without_faults_it_is_the_venue_behind() -> None:
    async with faulty() as (line, venue):
        assert line.name == "paper"
        placed = await line.place(order(venue, "jx1", limit="140"))
        assert placed == await venue.broker.query("jx1") == await line.query("jx1")
        assert await line.working_orders("paper") == await venue.broker.working_orders("paper")
        assert await line.account("paper") == await venue.broker.account("paper")
        assert await line.positions("paper") == {}
        assert await line.quote("AAPL") == await venue.broker.quote("AAPL")
        assert (await line.cancel("jx1")).status is OrderStatus.CANCELED


async def test_a_lost_request_does_nothing_and_says_that_it_may_have() -> None:
    async with faulty(lost_request=1) as (line, venue):
        with pytest.raises(OutcomeUnknown):
            await line.place(order(venue, "jx1"))
        with pytest.raises(NotFound):
            await venue.broker.query("jx1")


async def test_a_lost_answer_is_of_an_order_that_arrived() -> None:
    async with faulty(lost_answer=1) as (line, venue):
        with pytest.raises(OutcomeUnknown):
            await line.place(order(venue, "jx1"))
        assert (await venue.broker.query("jx1")).status is OrderStatus.FILLED


async def test_a_duplicate_is_one_order_at_a_venue_that_knows_names() -> None:
    async with faulty(duplicate=1) as (line, venue):
        assert (await line.place(order(venue, "jx1"))).status is OrderStatus.FILLED
        assert await venue.broker.positions("paper") == {"AAPL": Decimal(10)}


async def test_a_rejection_by_chance_is_for_good() -> None:
    async with faulty(reject=1) as (line, venue):
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                await line.place(order(venue, "jx1"))
            assert refused.value.code == REJECTED_BY_CHANCE
        report = await line.query("jx1")
        assert (report.status, report.reason_code) == (OrderStatus.REJECTED, REJECTED_BY_CHANCE)
        assert await line.cancel("jx1") == report
        with pytest.raises(NotFound):
            await venue.broker.query("jx1")


async def test_an_order_is_not_shown_until_the_lag_has_passed() -> None:
    async with faulty(visibility_lag_seconds=2) as (line, venue):
        await line.place(order(venue, "jx1", limit="140", time_in_force=TimeInForce.GTC))
        venue.clock.advance(timedelta(seconds=1.999))
        with pytest.raises(NotFound):
            await line.query("jx1")
        assert await line.working_orders("paper") == []
        venue.clock.advance(timedelta(seconds=0.001))
        assert (await line.query("jx1")).status is OrderStatus.NEW
        assert len(await line.working_orders("paper")) == 1


async def test_a_fill_that_is_late_is_told_after_the_cancel_was() -> None:
    async with faulty(late_fill=1, late_fill_seconds=3) as (line, venue):
        placed = await line.place(order(venue, "jx1"))
        assert (placed.status, placed.fills) == (OrderStatus.NEW, ())
        canceled = await line.cancel("jx1")
        assert (canceled.status, canceled.fills) == (OrderStatus.CANCELED, ())
        assert (await line.query("jx1")).status is OrderStatus.CANCELED
        venue.clock.advance(timedelta(seconds=3))
        late = await line.query("jx1")
        assert (late.status, len(late.fills)) == (OrderStatus.FILLED, 1)


async def test_a_delay_only_takes_time() -> None:
    async with faulty(delay=1, delay_seconds=0.01) as (line, venue):
        placing = asyncio.create_task(line.place(order(venue, "jx1")))
        await asyncio.sleep(0)
        with pytest.raises(NotFound):
            await venue.broker.query("jx1")
        assert (await placing).status is OrderStatus.FILLED


async def walk(seed: int) -> list[str]:
    """What a line with every fault answered to twenty orders and to the questions about them."""
    told: list[str] = []
    rates = dict.fromkeys(("lost_request", "lost_answer", "duplicate", "reject", "late_fill"), 0.3)
    async with faulty(seed, **rates, late_fill_seconds=1) as (line, venue):
        for number in range(20):
            for call in (line.place(order(venue, f"jx{number}")), line.query(f"jx{number}")):
                try:
                    told.append((await call).status)
                except PortError as error:
                    told.append(repr(error))
    return told


async def test_one_seed_gives_one_history_and_another_seed_another() -> None:
    assert await walk(7) == await walk(7)
    assert await walk(7) != await walk(8)


@pytest.mark.parametrize(
    ("field", "value"),
    [("reject", 1.1), ("delay", -0.1), ("lost_answer", float("nan")), ("delay_seconds", -1.0)],
)
def test_faults_that_cannot_be_are_named(field: str, value: float) -> None:
    with pytest.raises(InvalidValue, match=field):
        Faults(**{field: value})
