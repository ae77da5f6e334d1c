"""Executions, corrections and commissions: each revision once, and no order closed before what it filled."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.memory.clock import SettableClock
from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import BrokerEventKind
from jax.ports.errors import NotFound
from tests.contract.broker_venues import INSTRUMENTS, OPENING, bar
from tests.ib_gateway import messages
from tests.ib_gateway.server import ACCOUNT, ScriptedGateway
from tests.ib_gateway.venue import ib_venue
from tests.integration.ib.conftest import Desk

GTC = TimeInForce.GTC


async def test_a_fill_is_what_was_executed_with_its_commission(desk: Desk) -> None:
    desk.gateway.book.commission = Decimal("1.00010875")
    (fill,) = (await desk.place("jx1")).fills
    assert (fill.side, fill.quantity, fill.price, fill.commission) == (
        Side.BUY,
        Decimal(10),
        Decimal(150),
        Decimal("1.00010875"),
    )
    assert (fill.ts_event, fill.revision) == (OPENING, 0)
    assert fill.execution_id == f"0000e0d5.{desk.at_the_broker('jx1').perm_id:08x}.00"


async def test_a_correction_takes_the_place_of_what_it_corrects(desk: Desk) -> None:
    await desk.place("jx1")
    book = desk.gateway.book
    corrected = book.correct(book.executions[0], shares=Decimal(10), price=Decimal("149.75"))
    desk.gateway.tell_execution(corrected)
    report = await desk.venue.query("jx1")
    assert [(fill.revision, fill.price) for fill in report.fills] == [(1, Decimal("149.75"))]
    numbered = await desk.venue.executions(ACCOUNT, after=0)
    assert [(number, fill.revision) for number, fill in numbered] == [(1, 0), (2, 1)]
    assert len({fill.execution_id for _, fill in numbered}) == 1
    assert any("revision 1" in told for told in desk.details(BrokerEventKind.ORDER, "jx1"))


async def test_a_bust_counts_as_nothing(desk: Desk) -> None:
    await desk.place("jx1")
    book = desk.gateway.book
    desk.gateway.script.commissions = False
    desk.gateway.tell_execution(book.correct(book.executions[0], shares=Decimal(0), price=Decimal(0)))
    report = await desk.venue.query("jx1")
    assert [(fill.revision, fill.quantity) for fill in report.fills] == [(1, Decimal(0))]
    assert report.status is OrderStatus.NEW


async def test_a_revision_that_comes_late_replaces_no_later_one(desk: Desk) -> None:
    await desk.place("jx1")
    book = desk.gateway.book
    second = book.correct(book.executions[0], shares=Decimal(10), price=Decimal(149))
    third = book.correct(second, shares=Decimal(10), price=Decimal(148))
    desk.gateway.tell_execution(third)
    assert [fill.price for fill in (await desk.venue.query("jx1")).fills] == [Decimal(148)]
    desk.gateway.tell_execution(second)
    assert [fill.price for fill in (await desk.venue.query("jx1")).fills] == [Decimal(148)]


async def test_an_order_is_not_closed_before_its_executions_are_told(desk: Desk) -> None:
    desk.gateway.script.commissions = False
    await desk.place("jx1", limit="140", time_in_force=GTC)
    order = desk.at_the_broker("jx1")
    desk.gateway.partial_fill(order, Decimal(4), Decimal(140))
    canceled = await desk.venue.cancel("jx1")
    assert (canceled.status, canceled.fills) == (OrderStatus.NEW, ()), "4 of it are executed and not told yet"
    desk.gateway.script.commissions = True
    report = await desk.venue.query("jx1")
    assert report.status is OrderStatus.CANCELED
    assert [(fill.quantity, fill.commission) for fill in report.fills] == [(Decimal(4), Decimal(1))]


async def test_an_execution_without_commission_is_told_after_a_while_and_its_late_commission_too(
    desk: Desk,
) -> None:
    desk.gateway.script.commissions = False
    placed = await desk.place("jx1")
    assert (placed.status, placed.fills) == (OrderStatus.NEW, ())
    desk.clock.advance(timedelta(seconds=5))
    report = await desk.venue.query("jx1")
    assert report.status is OrderStatus.FILLED
    assert [fill.commission for fill in report.fills] == [Decimal(0)]
    desk.gateway.script.commissions = True
    assert await desk.venue.query("jx1") == report
    await desk.venue.query("jx1")
    (told,) = desk.details(BrokerEventKind.ERROR, "jx1")
    assert told.endswith("came too late to be booked: 1")


async def test_a_rebate_counts_as_no_commission(desk: Desk) -> None:
    desk.gateway.book.commission = Decimal("-0.35")
    assert [fill.commission for fill in (await desk.place("jx1")).fills] == [Decimal(0)]


async def test_a_fill_after_the_cancel_is_told(desk: Desk) -> None:
    await desk.place("jx1", limit="140", time_in_force=GTC)
    assert (await desk.venue.cancel("jx1")).status is OrderStatus.CANCELED
    desk.gateway.partial_fill(desk.at_the_broker("jx1"), Decimal(3), Decimal(140))
    report = await desk.venue.query("jx1")
    assert [fill.quantity for fill in report.fills] == [Decimal(3)]
    assert report.status is OrderStatus.CANCELED
    assert any("execution" in told for told in desk.details(BrokerEventKind.ORDER, "jx1"))


async def test_executions_are_remembered_when_the_gateway_has_forgotten_them(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    clock = SettableClock(OPENING)
    async with ib_venue(tmp_path, gateway, clock) as venue:
        desk = Desk(gateway, venue, clock)
        filled = await desk.place("jx1")
        await desk.place("jx2", limit="140")
        canceled = await venue.cancel("jx2")
    # A new day at the gateway: closed orders and executions of yesterday are not shown any more.
    gateway.book.executions.clear()
    gateway.book.arrived.clear()
    async with ib_venue(tmp_path, gateway, clock) as venue:
        assert await venue.query("jx1") == filled
        assert await venue.query("jx2") == canceled
        assert [fill for _, fill in await venue.executions(ACCOUNT, after=0)] == list(filled.fills)
        assert await venue.executions(ACCOUNT, after=1) == []


async def test_executions_while_no_bridge_ran_are_found_at_the_next_start(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    clock = SettableClock(OPENING)
    async with ib_venue(tmp_path, gateway, clock) as venue:
        await Desk(gateway, venue, clock).place("jx1", limit="140", time_in_force=GTC)
    gateway.trade_bars([bar(1, close="139")], INSTRUMENTS)
    async with ib_venue(tmp_path, gateway, clock) as venue:
        assert [fill.client_order_id for _, fill in await venue.executions(ACCOUNT, after=0)] == ["jx1"]
        assert (await venue.query("jx1")).status is OrderStatus.FILLED


async def test_what_is_not_ours_is_listed_and_told_and_never_booked(desk: Desk) -> None:
    await desk.place("jx1", limit="140")
    order = desk.at_the_broker("jx1")
    order.client_id, order.order_ref, order.action = 99, "somebody", "SSHORT"
    (working,) = await desk.venue.working_orders(ACCOUNT)
    assert (working.client_order_id, working.venue_order_id) == (None, f"ib-perm-{order.perm_id}")
    assert working.side is Side.SELL
    told = desk.gateway.book.execute(order, Decimal(2), Decimal(140))
    desk.gateway.say(messages.execution(told, -1), messages.commission(told))
    assert await desk.venue.executions(ACCOUNT, after=0) == []
    assert any("not ours" in detail for detail in desk.details(BrokerEventKind.ORDER))
    with pytest.raises(NotFound):
        await desk.venue.query("somebody")


async def test_an_account_that_is_not_there_has_no_executions(desk: Desk) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await desk.venue.executions("nobody", after=0)
