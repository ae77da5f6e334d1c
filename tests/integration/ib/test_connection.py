"""Connections that are lost, servers that are away, gateways that forget: what is not known is not said."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.brokers.ib.gateway import Gateway, Patience
from jax.adapters.brokers.ib.venue import IbParts, open_ib_venue
from jax.adapters.memory.clock import SettableClock
from jax.domain.order_status import OrderStatus
from jax.ports.broker import BrokerEventKind
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Refused, Unavailable
from tests.contract.broker_venues import INSTRUMENTS, OPENING, bar
from tests.ib_gateway import messages
from tests.ib_gateway.script import Reaction
from tests.ib_gateway.server import ACCOUNT, ScriptedGateway
from tests.ib_gateway.venue import CLIENT_ID, PATIENCE, at_once, ib_venue, listed, nothing_more
from tests.integration.ib.conftest import Desk

CONNECTION = BrokerEventKind.CONNECTION


async def wait_for(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 - the other side of the wire tells nobody
            await asyncio.sleep(0)


async def until_back(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while not await desk.venue.ready_within(5):
            continue


async def until_lost(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while await desk.venue.ready_within(0):  # noqa: ASYNC110 - the venue says when it is ready only
            await asyncio.sleep(0)


@pytest.mark.parametrize("code", [1101, 1102])
async def test_while_the_servers_are_away_nothing_is_known_and_nothing_is_sent(desk: Desk, code: int) -> None:
    await desk.place("jx1", limit="140")
    desk.gateway.lose_servers()
    await until_lost(desk)
    for call in (
        desk.place("jx2"),
        desk.venue.query("jx1"),
        desk.venue.query("jx9"),
        desk.venue.cancel("jx1"),
        desk.venue.positions(ACCOUNT),
        desk.venue.executions(ACCOUNT, after=0),
        desk.venue.quote("AAPL"),
    ):
        with pytest.raises(Unavailable, match="1100"):
            await call
    desk.gateway.book.cancel(desk.at_the_broker("jx1"))
    desk.gateway.book.settle()
    desk.gateway.restore_servers(code)
    await until_back(desk)
    assert (await desk.venue.query("jx1")).status is OrderStatus.CANCELED
    assert (await desk.place("jx2")).status is OrderStatus.FILLED
    lost, back = desk.details(CONNECTION)
    assert "1100" in lost
    assert "is back" in back


async def test_an_order_whose_connection_ends_is_unknown_and_found_when_it_is_back(desk: Desk) -> None:
    with pytest.raises(OutcomeUnknown, match="jx1"):
        await desk.place("jx1", Reaction.DROP_TAKEN)
    await until_back(desk)
    report = await desk.venue.query("jx1")
    assert report.status is OrderStatus.FILLED
    assert await desk.venue.place(desk.order("jx1")) == report
    assert desk.gateway.book.arrivals() == {"jx1": 1}


async def test_a_cancel_whose_connection_ends_may_have_been_heard(desk: Desk) -> None:
    await desk.place("jx1", limit="140")
    desk.gateway.script.mute = {4}
    desk.gateway.script.after_answer = {4: desk.gateway.drop_connections}
    with pytest.raises(OutcomeUnknown, match="jx1"):
        await desk.venue.cancel("jx1")
    desk.gateway.script.mute = set()
    await until_back(desk)
    assert (await desk.venue.query("jx1")).status is OrderStatus.NEW
    assert (await desk.venue.cancel("jx1")).status is OrderStatus.CANCELED


async def test_an_order_that_was_lost_with_its_connection_is_not_sent_again(desk: Desk) -> None:
    with pytest.raises(OutcomeUnknown):
        await desk.place("jx1", Reaction.DROP_LOST)
    await until_back(desk)
    with pytest.raises(NotFound):
        await desk.venue.query("jx1")
    with pytest.raises(OutcomeUnknown):
        await desk.venue.place(desk.order("jx1"))
    assert desk.gateway.book.arrivals() == {}


async def test_what_was_not_written_may_be_placed_again(desk: Desk) -> None:
    await desk.gateway.close()
    await until_lost(desk)
    with pytest.raises(Unavailable):
        await desk.place("jx1")
    await desk.gateway.open()
    await until_back(desk)
    assert (await desk.place("jx1")).status is OrderStatus.FILLED


async def test_an_order_after_its_deadline_is_refused_and_may_come_again_in_time(desk: Desk) -> None:
    with pytest.raises(PortError) as refused:
        await desk.place("jx1", deadline_at=desk.clock.now() - timedelta(microseconds=1))
    assert getattr(refused.value, "code", None) == "DEADLINE_PASSED"
    assert desk.gateway.asked.count(3) == 0
    assert (await desk.place("jx1")).status is OrderStatus.FILLED


async def test_a_gateway_whose_ids_roll_back_gets_none_that_was_given_before(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    gateway.next_valid_id = 40
    clock = SettableClock(OPENING)
    for restart in range(3):
        async with ib_venue(tmp_path, gateway, clock) as venue:
            desk = Desk(gateway, venue, clock)
            await desk.place(f"jx{restart}a")
            await gateway.restart(next_valid_id=1)
            await until_lost(desk)
            await until_back(desk)
            await desk.place(f"jx{restart}b")
    given = [order.order_id for order in gateway.book.arrived]
    assert given == [40, 41, 42, 43, 44, 45]


async def test_orders_that_others_have_numbered_are_stepped_over(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    clock = SettableClock(OPENING)
    async with ib_venue(tmp_path, gateway, clock) as venue:
        desk = Desk(gateway, venue, clock)
        await desk.place("jx1")
        await gateway.restart(next_valid_id=500)
        await until_lost(desk)
        await until_back(desk)
        await desk.place("jx2")
    assert [order.order_id for order in gateway.book.arrived] == [1, 500]


class TestAGatewayThatFallsSilent:
    @pytest.fixture
    def patience(self) -> Patience:
        return Patience(answer_seconds=0.1, order_seconds=0.1, reconnect_seconds=0.02, position_seconds=0.05)

    @pytest.mark.parametrize("request_number", [16, 99, 7, 61])
    async def test_it_is_left_and_met_again(self, desk: Desk, request_number: int) -> None:
        placed = await desk.place("jx1", limit="140")
        desk.gateway.script.mute = {request_number}
        with pytest.raises(Unavailable, match="did not answer"):
            await (desk.venue.positions(ACCOUNT) if request_number == 61 else desk.venue.query("jx1"))
        desk.gateway.script.mute = set()
        await until_back(desk)
        assert await desk.venue.query("jx1") == placed
        lost, back = desk.details(CONNECTION)
        assert "did not answer" in lost
        assert "is back" in back


async def test_an_order_that_closes_between_two_questions_is_not_taken_for_absent(desk: Desk) -> None:
    await desk.place("jx1", limit="140")
    order = desk.at_the_broker("jx1")

    def close() -> None:
        desk.gateway.book.cancel(order)
        desk.gateway.book.settle()

    for request_number in (16, 99, 7):
        desk.gateway.script.after_answer = {request_number: close}
        assert (await desk.venue.query("jx1")).status in {OrderStatus.NEW, OrderStatus.CANCELED}
        order.status = "Submitted"
    desk.gateway.book.settle()
    assert (await desk.venue.query("jx1")).status is OrderStatus.CANCELED


async def test_a_new_process_knows_its_orders_and_what_was_refused(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    clock = SettableClock(OPENING)
    async with ib_venue(tmp_path, gateway, clock) as venue:
        desk = Desk(gateway, venue, clock)
        await desk.place("jx1", limit="140")
        with pytest.raises(Refused):
            await desk.place("jx2", Reaction.REJECT, limit="140")
    async with ib_venue(tmp_path, gateway, clock) as venue:
        desk = Desk(gateway, venue, clock)
        venue.listen(desk.hear, nothing_more)
        assert [order.client_order_id for order in await venue.working_orders(ACCOUNT)] == ["jx1"]
        report = await venue.query("jx2")
        assert (report.status, report.reason_code) == (OrderStatus.REJECTED, "IB_201")
        gateway.say(messages.error(desk.at_the_broker("jx1").order_id, 399, "Order message"))
        await venue.positions(ACCOUNT)
        await venue.told()
        assert len(desk.details(BrokerEventKind.ERROR, "jx1")) == 1


async def test_before_it_has_shown_everything_it_knows_nothing(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    gateway.script.mute = {99}  # completed orders
    clock = SettableClock(OPENING)
    async with ib_venue(tmp_path, gateway, clock, is_ready=False) as venue:
        await wait_for(lambda: 99 in gateway.asked)
        assert not await venue.ready_within(0)
        with pytest.raises(Unavailable):
            await venue.query("jx1")


async def test_a_gateway_that_comes_later_is_met_then(gateway: ScriptedGateway, tmp_path: Path) -> None:
    clock = SettableClock(OPENING)
    await gateway.close()
    async with ib_venue(tmp_path, gateway, clock, is_ready=False) as venue:
        async with asyncio.timeout(20):
            with pytest.raises(Unavailable, match=f"127.0.0.1:{gateway.port}"):
                await venue.positions(ACCOUNT)
        await gateway.open()
        assert await venue.ready_within(20)
        assert await venue.positions(ACCOUNT) == {}


async def test_a_gateway_of_another_account_is_not_traded_at(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    elsewhere = Gateway("127.0.0.1", gateway.port, "U7654321", CLIENT_ID)
    parts = IbParts(elsewhere, SettableClock(OPENING), listed, at_once, PATIENCE)
    async with open_ib_venue(tmp_path / "ib-venue.sqlite3", parts) as venue:
        async with asyncio.timeout(20):
            problem = ""
            while ACCOUNT not in problem:
                await asyncio.sleep(0)
                with suppress(NotFound):
                    try:
                        await venue.positions("U7654321")
                    except Unavailable as error:
                        problem = str(error)
        assert "not U7654321" in problem


async def test_whoever_asked_to_be_told_is_called_each_time_it_is_back(desk: Desk) -> None:
    back = asyncio.Event()

    async def again() -> None:
        back.set()

    desk.venue.listen(desk.hear, again)
    desk.gateway.drop_connections()
    async with asyncio.timeout(20):
        await back.wait()
    assert len(desk.details(CONNECTION)) == 2
    desk.venue.listen(desk.hear, nothing_more)


async def test_a_message_that_cannot_be_read_is_told_and_the_next_one_is_read(desk: Desk) -> None:
    desk.gateway.say([5, "not a number"], [3, "x"])
    desk.gateway.say(messages.error(-1, 1234, "Something\nin two lines"))
    assert (await desk.place("jx1")).fills[0].quantity == Decimal(10)
    told = desk.details(BrokerEventKind.ERROR)
    assert "cannot be read" in told[0]
    assert told[-1] == "1234 Something in two lines"


async def test_no_answer_is_ahead_of_the_journal(desk: Desk) -> None:
    await desk.place("jx1", limit="140")
    let_go = asyncio.Event()

    async def hear_slowly(*_: object) -> None:
        await let_go.wait()

    desk.venue.listen(hear_slowly, nothing_more)
    desk.gateway.trade_bars([bar(1, close="139")], INSTRUMENTS)
    asking = asyncio.create_task(desk.venue.query("jx1"))
    for _ in range(10):
        # The same questions and the same file, without the journal.
        await desk.venue.executions(ACCOUNT, after=0)
    is_done = asking.done()
    let_go.set()
    assert not is_done
    assert (await asking).status is OrderStatus.FILLED


async def test_what_the_gateway_says_at_every_start_is_not_told(desk: Desk) -> None:
    desk.gateway.say(messages.error(-1, 2106, "HMDS data farm connection is OK"))
    await desk.venue.positions(ACCOUNT)
    await desk.venue.told()
    assert desk.told == []
