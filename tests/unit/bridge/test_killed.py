"""From the moment of a kill nothing new leaves, and what is open is canceled wherever it turns up."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.bridge_book import Switches
from jax.ports.broker import BrokerEventKind, WorkingOrder
from jax.ports.errors import OutcomeUnknown, Refused, Unavailable
from tests.failing_ports import Fault, Fuse
from tests.unit.bridge.bridge_floor import BridgeFloor, HeldVenue, open_bridge_floor

GTC = TimeInForce.GTC


async def working(floor: BridgeFloor, name: str = "jx1") -> None:
    await floor.desk.place(floor.order(name, limit="140", time_in_force=GTC))


async def test_an_order_that_was_on_its_way_is_canceled_when_it_has_arrived() -> None:
    async with open_bridge_floor() as floor:
        floor.held.may_place.clear()
        placing = asyncio.create_task(working(floor))
        await floor.held.arrived.wait()
        await floor.desk.kill("paper", reason="drill")
        floor.held.may_place.set()
        await placing
        assert (await floor.paper.query("jx1")).status is OrderStatus.CANCELED


async def test_a_kill_that_is_released_at_once_still_cancels_what_was_on_its_way() -> None:
    async with open_bridge_floor() as floor:
        floor.held.may_place.clear()
        placing = asyncio.create_task(working(floor))
        await floor.held.arrived.wait()
        await floor.desk.kill("paper", reason="drill")
        await floor.desk.release_kill("paper")
        floor.held.may_place.set()
        await placing
        assert (await floor.paper.query("jx1")).status is OrderStatus.CANCELED


async def test_an_order_whose_answer_was_lost_is_canceled_when_it_turns_up() -> None:
    async with open_bridge_floor(Fuse(at=1, fault=Fault.LOST_AFTER)) as floor:
        with pytest.raises(OutcomeUnknown):
            await working(floor)
        floor.held.is_away = True
        await floor.book.put_switches("paper", Switches(killed="drill"))
        desk = await floor.restarted()
        floor.held.is_away = False
        assert (await desk.query("jx1")).status is OrderStatus.CANCELED


async def test_a_bridge_that_starts_killed_cancels_what_is_open() -> None:
    async with open_bridge_floor() as floor:
        await working(floor)
        await floor.book.put_switches("paper", Switches(killed="drill"))
        await floor.restarted()
        assert (await floor.paper.query("jx1")).status is OrderStatus.CANCELED


async def test_a_bridge_that_starts_while_the_venue_is_away_starts() -> None:
    async with open_bridge_floor(Fuse(at=1, fault=Fault.LOST_AFTER)) as floor:
        with pytest.raises(OutcomeUnknown):
            await working(floor)
        floor.held.is_away = True
        desk = await floor.restarted()
        with pytest.raises(Unavailable):
            await desk.query("jx1")


async def test_a_kill_that_cannot_cancel_says_so_and_holds() -> None:
    fuse = Fuse(at=2, fault=Fault.REFUSED_BEFORE)
    async with open_bridge_floor(fuse) as floor:
        await working(floor)
        with pytest.raises(OutcomeUnknown, match="may still be open: jx1"):
            await floor.desk.kill("paper", reason="drill")
        assert (await floor.desk.status("paper")).killed == "drill"
        with pytest.raises(Refused, match="drill"):
            await floor.desk.place(floor.order("jx2"))
        last = (await floor.desk.events(after=0)).events[-2]
        assert (last.kind, last.detail) == (BrokerEventKind.ERROR, "not canceled by the kill: jx1")
        await floor.desk.kill("paper", reason="again")
        assert (await floor.paper.query("jx1")).status is OrderStatus.CANCELED


async def test_a_kill_names_orders_that_it_cannot_cancel_because_they_are_not_ours() -> None:
    class WithForeignOrder(HeldVenue):
        async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
            found = await super().working_orders(account)
            return [*found, WorkingOrder(None, "by-hand-7", "AAPL", Side.BUY, found[0].leaves_quantity)]

    async with open_bridge_floor() as floor:
        await working(floor)
        floor.desk._venue = WithForeignOrder(floor.line)
        with pytest.raises(OutcomeUnknown, match="by-hand-7"):
            await floor.desk.kill("paper", reason="drill")
        assert (await floor.paper.query("jx1")).status is OrderStatus.CANCELED


async def test_a_kill_while_the_venue_is_away_holds_and_says_that_orders_may_be_open() -> None:
    async with open_bridge_floor() as floor:
        floor.held.is_away = True
        with pytest.raises(OutcomeUnknown, match="not synchronised"):
            await floor.desk.kill("paper", reason="drill")
        assert (await floor.book.switches())["paper"].killed == "drill"


async def test_a_kill_holds_before_it_is_on_disk() -> None:
    async with open_bridge_floor() as floor:
        floor.book.may_switch.clear()
        killing = asyncio.create_task(floor.desk.kill("paper", reason="drill"))
        await asyncio.sleep(0.01)
        with pytest.raises(Refused, match="drill"):
            await floor.desk.place(floor.order("jx1"))
        assert not killing.done()
        floor.book.may_switch.set()
        await killing


async def test_a_release_holds_only_when_it_is_on_disk() -> None:
    async with open_bridge_floor() as floor:
        await floor.desk.kill("paper", reason="drill")
        floor.book.may_switch.clear()
        releasing = asyncio.create_task(floor.desk.release_kill("paper"))
        await asyncio.sleep(0.01)
        with pytest.raises(Refused, match="drill"):
            await floor.desk.place(floor.order("jx1"))
        floor.book.may_switch.set()
        await releasing
        assert (await floor.desk.place(floor.order("jx2"))).status is OrderStatus.FILLED


async def test_a_kill_wins_over_a_release_at_the_same_time() -> None:
    async with open_bridge_floor() as floor:
        await floor.desk.kill("paper", reason="first")
        floor.book.may_switch.clear()
        releasing = asyncio.create_task(floor.desk.release_kill("paper"))
        await asyncio.sleep(0.01)
        killing = asyncio.create_task(floor.desk.kill("paper", reason="second"))
        raising = asyncio.create_task(floor.desk.raise_epoch("paper", 7))
        await asyncio.sleep(0.01)
        floor.book.may_switch.set()
        await asyncio.gather(releasing, killing, raising)
        assert (await floor.desk.status("paper")).killed == "first"
        assert (await floor.book.switches())["paper"] == Switches(epoch=7, killed="first")


async def test_an_error_event_is_told_and_changes_no_order() -> None:
    async with open_bridge_floor() as floor:
        await working(floor)
        before = await floor.book.order("jx1")
        await floor.desk.hear(BrokerEventKind.ERROR, "jx1", "10349: order TIF was set by preset")
        assert await floor.book.order("jx1") == before
        assert (await floor.desk.query("jx1")).status is OrderStatus.NEW
        last = (await floor.desk.events(after=0)).events[-1]
        assert (last.kind, last.client_order_id) == (BrokerEventKind.ERROR, "jx1")


async def test_the_venues_journal_is_copied_once_and_on_from_where_it_was() -> None:
    async with open_bridge_floor() as floor:
        await floor.paper.place(floor.order("jx1", limit="140"))
        await floor.desk.copy_journal(floor.paper)
        await floor.desk.copy_journal(floor.paper)
        desk = await floor.restarted()
        floor.clock.advance(timedelta(seconds=1))
        await floor.paper.cancel("jx1")
        await desk.copy_journal(floor.paper)
        theirs = (await floor.paper.events(after=0)).events
        assert (await desk.events(after=0)).events == theirs
        assert len(theirs) == 2
