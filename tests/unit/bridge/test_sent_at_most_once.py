"""An order reaches the venue at most once, whatever is lost, repeated or restarted."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.bridge_book import SendState
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Unavailable
from tests.failing_ports import Fault, Fuse
from tests.unit.bridge.bridge_floor import BridgeFloor, open_bridge_floor


async def begun(floor: BridgeFloor, name: str) -> "asyncio.Task[object]":
    """An order that has arrived at the venue and is held there."""
    floor.held.may_place.clear()
    placing: asyncio.Task[object] = asyncio.create_task(floor.desk.place(floor.order(name)))
    await floor.held.arrived.wait()
    return placing


async def state_of(floor: BridgeFloor, name: str) -> SendState:
    booked = await floor.book.order(name)
    assert booked is not None
    return booked.state


async def test_the_order_is_booked_as_sending_before_the_venue_hears_of_it() -> None:
    async with open_bridge_floor() as floor:
        placing = await begun(floor, "jx1")
        assert floor.line.placed == []
        assert await state_of(floor, "jx1") is SendState.SENDING
        floor.held.may_place.set()
        await placing
        assert await state_of(floor, "jx1") is SendState.SENT
        booked = await floor.book.order("jx1")
        assert booked is not None
        assert booked.venue_order_id == "paper-1"


async def test_what_cannot_be_booked_is_not_sent() -> None:
    async with open_bridge_floor() as floor:
        floor.book.is_full = True
        with pytest.raises(Unavailable, match="disk full"):
            await floor.desk.place(floor.order("jx1"))
        assert floor.line.placed == []


async def test_a_repeat_gets_the_state_and_sends_nothing() -> None:
    async with open_bridge_floor() as floor:
        first = await floor.desk.place(floor.order("jx1"))
        assert await floor.desk.place(floor.order("jx1")) == first
        assert floor.line.placed == ["jx1"]


async def test_a_repeat_with_other_terms_is_a_conflict_and_sends_nothing() -> None:
    async with open_bridge_floor() as floor:
        await floor.desk.place(floor.order("jx1"))
        for other in ({"quantity": 11}, {"side": Side.SELL}, {"revision": 1}, {"signal_id": "other"}):
            with pytest.raises(Conflict, match="jx1"):
                await floor.desk.place(floor.order("jx1", **other))
        assert floor.line.placed == ["jx1"]


async def test_ten_requests_at_once_are_one_message() -> None:
    async with open_bridge_floor() as floor:
        placing = await begun(floor, "jx1")
        more = [asyncio.create_task(floor.desk.place(floor.order("jx1"))) for _ in range(9)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in more), "a repeat waits for the first answer"
        floor.held.may_place.set()
        reports = [await placing, *await asyncio.gather(*more)]
        assert len(set(reports)) == 1
        assert floor.line.placed == ["jx1"]


async def test_different_orders_do_not_wait_for_each_other() -> None:
    async with open_bridge_floor() as floor:
        first, second = await begun(floor, "jx1"), await begun(floor, "jx2")
        floor.held.may_place.set()
        await asyncio.gather(first, second)
        assert sorted(floor.line.placed) == ["jx1", "jx2"]


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_an_order_without_an_answer_is_asked_about_and_never_sent_again(fault: Fault) -> None:
    async with open_bridge_floor(Fuse(at=1, fault=fault)) as floor:
        with pytest.raises(OutcomeUnknown):
            await floor.desk.place(floor.order("jx1"))
        assert await state_of(floor, "jx1") is SendState.SENDING
        if fault is Fault.LOST_AFTER:
            assert (await floor.desk.place(floor.order("jx1"))).status is OrderStatus.FILLED
            assert await state_of(floor, "jx1") is SendState.SENT
        else:
            with pytest.raises(OutcomeUnknown, match="does not say what became of it"):
                await floor.desk.place(floor.order("jx1"))
            assert await state_of(floor, "jx1") is SendState.SENDING
        assert floor.line.placed == ([] if fault is Fault.LOST_BEFORE else ["jx1"])


async def test_an_answer_that_cannot_be_read_is_no_answer() -> None:
    async with open_bridge_floor() as floor:
        floor.held.is_garbled = True
        with pytest.raises(OutcomeUnknown, match="cannot be read"):
            await floor.desk.place(floor.order("jx1"))
        assert await state_of(floor, "jx1") is SendState.SENDING


async def test_what_the_venue_says_it_has_not_done_may_be_asked_for_again() -> None:
    async with open_bridge_floor(Fuse(at=1, fault=Fault.REFUSED_BEFORE)) as floor:
        with pytest.raises(Unavailable):
            await floor.desk.place(floor.order("jx1"))
        assert await state_of(floor, "jx1") is SendState.UNSENT
        with pytest.raises(NotFound):
            await floor.desk.query("jx1")
        with pytest.raises(Conflict):
            await floor.desk.place(floor.order("jx1", 11))
        assert (await floor.desk.place(floor.order("jx1"))).status is OrderStatus.FILLED
        assert await state_of(floor, "jx1") is SendState.SENT
        assert floor.line.placed == ["jx1"]


async def test_what_was_not_done_is_not_sent_by_a_trader_that_was_fenced_meanwhile() -> None:
    async with open_bridge_floor(Fuse(at=1, fault=Fault.REFUSED_BEFORE)) as floor:
        with pytest.raises(Unavailable):
            await floor.desk.place(floor.order("jx1"))
        await floor.desk.raise_epoch("paper", 2)
        with pytest.raises(Exception, match="epoch 2"):
            await floor.desk.place(floor.order("jx1"))
        assert floor.line.placed == []


async def test_a_crash_between_booking_and_answer_is_asked_about_after_the_restart() -> None:
    async with open_bridge_floor() as floor:
        floor.held.may_answer.clear()
        placing = asyncio.create_task(floor.desk.place(floor.order("jx1")))
        await floor.held.placed.wait()
        assert await state_of(floor, "jx1") is SendState.SENDING
        desk = await floor.restarted()
        assert await state_of(floor, "jx1") is SendState.SENT, "the start asks the venue"
        assert (await desk.place(floor.order("jx1"))).status is OrderStatus.FILLED
        assert floor.line.placed == ["jx1"]
        floor.held.may_answer.set()
        await placing


async def test_a_crash_before_the_message_left_is_never_made_up_for() -> None:
    async with open_bridge_floor(Fuse(at=1, fault=Fault.LOST_BEFORE)) as floor:
        with pytest.raises(OutcomeUnknown):
            await floor.desk.place(floor.order("jx1"))
        desk = await floor.restarted()
        floor.clock.advance(timedelta(minutes=10))
        with pytest.raises(OutcomeUnknown):
            await desk.place(floor.order("jx1"))
        with pytest.raises(NotFound):
            await desk.query("jx1")
        assert floor.line.placed == []


async def test_nobody_says_not_found_while_an_order_is_on_its_way() -> None:
    async with open_bridge_floor() as floor:
        placing = await begun(floor, "jx1")
        for question in (floor.desk.query("jx1"), floor.desk.cancel("jx1")):
            with pytest.raises(Unavailable, match="on its way"):
                await question
        floor.held.may_place.set()
        await placing
        assert (await floor.desk.query("jx1")).status is OrderStatus.FILLED


async def test_nobody_says_not_found_of_what_the_venue_had_acknowledged() -> None:
    async with open_bridge_floor() as floor, open_bridge_floor() as elsewhere:
        await floor.desk.place(floor.order("jx1"))
        floor.held._broker = elsewhere.line
        for question in (floor.desk.query("jx1"), floor.desk.cancel("jx1")):
            with pytest.raises(Unavailable, match="acknowledged order jx1"):
                await question


async def test_nobody_says_not_found_while_the_venue_is_not_synchronised() -> None:
    async with open_bridge_floor() as floor:
        floor.held.is_away = True
        with pytest.raises(Unavailable, match="not synchronised"):
            await floor.desk.query("jx1")
        floor.held.is_away = False
        with pytest.raises(NotFound, match="jx1"):
            await floor.desk.query("jx1")


async def test_a_repeat_while_the_venue_is_away_is_unknown_and_not_undone() -> None:
    async with open_bridge_floor() as floor:
        await floor.desk.place(floor.order("jx1"))
        floor.held.is_away = True
        with pytest.raises(OutcomeUnknown, match="not synchronised"):
            await floor.desk.place(floor.order("jx1"))


async def test_an_order_goes_to_its_end_when_whoever_asked_has_gone() -> None:
    async with open_bridge_floor() as floor:
        placing = await begun(floor, "jx1")
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing
        floor.held.may_place.set()
        await floor.desk.close()
        assert await state_of(floor, "jx1") is SendState.SENT
        assert await floor.paper.positions("paper") == {"AAPL": Decimal(10)}


async def test_an_answer_is_told_though_the_book_is_full_and_the_bridge_says_so() -> None:
    async with open_bridge_floor() as floor:
        placing = await begun(floor, "jx1")
        floor.book.is_full = True
        floor.held.may_place.set()
        await placing
        assert "disk full" in ((await floor.desk.status("paper")).problem or "")
        assert await state_of(floor, "jx1") is SendState.SENDING
        floor.book.is_full = False
        assert (await floor.desk.query("jx1")).status is OrderStatus.FILLED
        assert (await floor.desk.status("paper")).problem is None
        assert await state_of(floor, "jx1") is SendState.SENT


async def test_lanes_of_orders_are_given_up_when_nobody_uses_them() -> None:
    async with open_bridge_floor() as floor:
        await asyncio.gather(*(floor.desk.place(floor.order(f"jx{n % 5}")) for n in range(20)))
        assert floor.desk._orders._lanes == {}
        assert floor.desk._orders._sending == set()
        assert floor.desk._begun == set()
