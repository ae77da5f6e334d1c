"""What must not be sent is refused, and stays so whatever comes later."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.modules.bridge.bridge_desk import BridgeLimits
from jax.ports.bridge_book import SendState
from jax.ports.errors import NotFound, Refused, Unavailable
from tests.contract.broker_venues import OPENING, bar
from tests.failing_ports import Fault, Fuse
from tests.unit.bridge.bridge_floor import BridgeFloor, open_bridge_floor

MICROSECOND = timedelta(microseconds=1)


async def refusal(floor: BridgeFloor, order: Order) -> str:
    with pytest.raises(Refused, match=order.client_order_id) as refused:
        await floor.desk.place(order)
    return refused.value.code


async def test_a_late_order_is_refused_also_after_the_clock_was_set_back() -> None:
    async with open_bridge_floor() as floor:
        late = floor.order("jx1", deadline_at=OPENING - MICROSECOND)
        assert await refusal(floor, late) == "DEADLINE_PASSED"
        floor.clock.jump_to(OPENING - timedelta(hours=1))
        assert await refusal(floor, late) == "DEADLINE_PASSED"
        await floor.restarted()
        assert await refusal(floor, late) == "DEADLINE_PASSED"
        assert floor.line.placed == []


async def test_a_refusal_of_the_bridge_is_told_to_whoever_asks_about_the_order() -> None:
    async with open_bridge_floor() as floor:
        await refusal(floor, floor.order("jx1", deadline_at=OPENING - MICROSECOND))
        for report in (await floor.desk.query("jx1"), await floor.desk.cancel("jx1")):
            assert (report.status, report.reason_code) == (OrderStatus.REJECTED, "DEADLINE_PASSED")


async def test_a_fenced_order_leaves_nothing_behind() -> None:
    async with open_bridge_floor() as floor:
        await floor.desk.raise_epoch("paper", 2)
        assert await refusal(floor, floor.order("jx1")) == "FENCED"
        assert await floor.book.order("jx1") is None
        with pytest.raises(NotFound):
            await floor.desk.query("jx1")


async def test_a_trader_is_fenced_also_while_the_venue_is_away() -> None:
    async with open_bridge_floor() as floor:
        floor.held.is_away = True
        await floor.desk.raise_epoch("paper", 2)
        status = await floor.desk.status("paper")
        assert (status.problem, status.epoch) == ("not synchronised", 2)
        assert await refusal(floor, floor.order("jx1")) == "FENCED"
        floor.held.is_away = False
        with pytest.raises(NotFound, match="nobody"):
            await floor.desk.raise_epoch("nobody", 2)


async def test_an_order_is_fenced_before_it_is_anything_else() -> None:
    async with open_bridge_floor() as floor:
        await floor.desk.raise_epoch("paper", 2)
        await floor.desk.kill("paper", reason="drill")
        assert await refusal(floor, floor.order("jx1", deadline_at=OPENING - MICROSECOND)) == "FENCED"
        killed_and_late = floor.order("jx2", epoch=2, deadline_at=OPENING - MICROSECOND)
        assert await refusal(floor, killed_and_late) == "DEADLINE_PASSED"
        assert await refusal(floor, floor.order("jx3", epoch=2)) == "KILLED"


async def test_floor_and_kill_are_those_of_one_account_and_survive_a_restart() -> None:
    async with open_bridge_floor() as floor:
        await floor.desk.raise_epoch("paper", 2)
        await floor.desk.kill("paper", reason="drill")
        desk = await floor.restarted()
        status = await desk.status("paper")
        assert (status.epoch, status.killed) == (2, "drill")
        assert (await desk.status("other")).killed is None
        await desk.release_kill("paper")
        status = await (await floor.restarted()).status("paper")
        assert (status.epoch, status.killed) == (2, None)


@pytest.mark.parametrize(
    ("happens", "code"),
    [("epoch", "FENCED"), ("kill", "KILLED"), ("deadline", "DEADLINE_PASSED")],
)
async def test_what_changes_while_an_order_waits_for_its_turn_counts(happens: str, code: str) -> None:
    async with open_bridge_floor(limits=BridgeLimits(places_per_second=1)) as floor:
        await floor.desk.place(floor.order("jx1"))
        waiting = asyncio.create_task(floor.desk.place(floor.order("jx2")))
        while await floor.book.order("jx2") is None:  # noqa: ASYNC110 - the book tells nobody
            await asyncio.sleep(0)
        match happens:
            case "epoch":
                await floor.desk.raise_epoch("paper", 2)
            case "kill":
                await floor.desk.kill("paper", reason="drill")
                await floor.desk.release_kill("paper")
                await floor.desk.kill("paper", reason="drill")
            case _:
                floor.clock.advance(timedelta(seconds=5, microseconds=1))
        with pytest.raises(Refused) as refused:
            await waiting
        assert refused.value.code == code
        assert floor.line.placed == ["jx1"]
        booked = await floor.book.order("jx2")
        assert booked is not None
        assert (booked.state, booked.refusal_code) == (SendState.REFUSED, code)


async def test_a_refusal_of_the_venue_is_remembered_and_the_venue_is_asked_what_it_knows() -> None:
    async with open_bridge_floor() as floor:
        assert await refusal(floor, floor.order("jx1", symbol="MSFT")) == "NO_QUOTE"
        await floor.paper.on_bars([bar(0, close="300", symbol="MSFT")])
        assert await refusal(floor, floor.order("jx1", symbol="MSFT")) == "NO_QUOTE"
        assert floor.line.placed == ["jx1"]
        assert (await floor.desk.query("jx1")).venue_order_id == "paper-1"


async def test_a_refused_order_that_the_venue_does_not_show_is_told_from_the_book() -> None:
    async with open_bridge_floor() as floor, open_bridge_floor() as elsewhere:
        assert await refusal(floor, floor.order("jx1", symbol="MSFT")) == "NO_QUOTE"
        floor.held._broker = elsewhere.line
        for report in (await floor.desk.query("jx1"), await floor.desk.cancel("jx1")):
            assert (report.status, report.reason_code) == (OrderStatus.REJECTED, "NO_QUOTE")


async def test_the_breaker_limits_what_an_account_sends_within_a_minute() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(3000))
    async with open_bridge_floor(limits=limits) as floor:
        await floor.desk.place(floor.order("jx1", 10))
        assert await refusal(floor, floor.order("jx2", 11)) == "BREAKER"
        await floor.desk.place(floor.order("jx3", 10)), "exactly the limit is within it"
        assert await refusal(floor, floor.order("jx4", 1)) == "BREAKER"
        floor.clock.advance(timedelta(seconds=60) - MICROSECOND)
        assert await refusal(floor, floor.order("jx5", 1)) == "BREAKER"
        floor.clock.advance(MICROSECOND)
        await floor.desk.place(floor.order("jx6", 20))
        assert await refusal(floor, floor.order("jx2", 11)) == "BREAKER", "a refusal is remembered"
        assert floor.line.placed == ["jx1", "jx3", "jx6"]


async def test_the_breaker_counts_at_the_price_that_the_order_names() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(1000))
    async with open_bridge_floor(limits=limits) as floor:
        await floor.desk.place(floor.order("jx1", 6, limit="100"))
        assert await refusal(floor, floor.order("jx2", 3, stop="151")) == "BREAKER"
        await floor.desk.place(floor.order("jx3", 4, limit="100"))


async def test_the_breaker_lets_nothing_pass_that_has_no_price() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(1000))
    async with open_bridge_floor(limits=limits) as floor:
        assert await refusal(floor, floor.order("jx1", 1, symbol="MSFT")) == "BREAKER"


async def test_the_breaker_never_holds_up_what_only_reduces() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(1500))
    async with open_bridge_floor(limits=limits) as floor:
        await floor.desk.place(floor.order("jx1", 10))
        report = await floor.desk.place(floor.way_out("jx2", 10))
        assert report.status is OrderStatus.FILLED
        floor.clock.advance(timedelta(seconds=60))
        await floor.desk.place(floor.order("jx3", 10)), "a way out does not count"


async def test_a_repeat_does_not_count_twice_with_the_breaker() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(3000))
    async with open_bridge_floor(limits=limits) as floor:
        for _ in range(5):
            await floor.desk.place(floor.order("jx1", 10))
        await floor.desk.place(floor.order("jx2", 10))


async def test_what_the_venue_has_not_done_does_not_count_with_the_breaker() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(1500))
    fuse = Fuse(at=2, fault=Fault.REFUSED_BEFORE)
    async with open_bridge_floor(fuse, limits) as floor:
        await floor.desk.place(floor.way_out("jx0", side=Side.BUY))
        with pytest.raises(Unavailable):
            await floor.desk.place(floor.order("jx1", 10))
        await floor.restarted(limits)
        await floor.desk.place(floor.order("jx1", 10))
        assert await refusal(floor, floor.order("jx2", 1)) == "BREAKER"


async def test_the_breaker_forgets_at_once_what_was_not_sent() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(1500))
    async with open_bridge_floor(Fuse(at=1, fault=Fault.REFUSED_BEFORE), limits) as floor:
        with pytest.raises(Unavailable):
            await floor.desk.place(floor.order("jx1", 10))
        await floor.desk.place(floor.order("jx2", 10))


async def test_the_breaker_remembers_across_a_restart() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(3000))
    async with open_bridge_floor(limits=limits) as floor:
        await floor.desk.place(floor.order("jx1", 15))
        floor.clock.advance(timedelta(seconds=30))
        await floor.restarted(limits)
        assert await refusal(floor, floor.order("jx2", 6)) == "BREAKER"
        await floor.desk.place(floor.order("jx3", 5))
        floor.clock.advance(timedelta(seconds=61))
        await floor.restarted(limits)
        await floor.desk.place(floor.order("jx4", 20))


async def test_orders_at_once_do_not_get_past_the_breaker_together() -> None:
    limits = BridgeLimits(notional_per_minute=Decimal(4500))
    async with open_bridge_floor(limits=limits) as floor:
        orders = [floor.desk.place(floor.order(f"jx{n}", 10)) for n in range(8)]
        outcomes = await asyncio.gather(*orders, return_exceptions=True)
        assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 5
        assert len(floor.line.placed) == 3


@pytest.mark.parametrize("limit", ["0", "-1", "NaN"])
async def test_a_breaker_without_room_is_no_breaker(limit: str) -> None:
    with pytest.raises(Exception, match="notional_per_minute"):
        async with open_bridge_floor(limits=BridgeLimits(notional_per_minute=Decimal(limit))):
            pass
