"""What the broker's journal tells of is asked about at once, once, and booked; nothing of it is lost."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.errors import InvalidValue
from jax.domain.order import Order, OrderType
from jax.domain.order_status import OrderStatus
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.execution.follow_events import FollowEvents
from jax.modules.execution.record_order import TradingAccount
from jax.ports.broker import BrokerEvent, BrokerEventKind, BrokerStatus, JournalPage, OrderReport
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Unavailable
from jax.ports.heard_journals import HeardJournal
from tests.cancel_walk import working
from tests.desk import ACCOUNT, LIMITS, NOW, approved_signal, quote
from tests.entry_rights import right_to_enter
from tests.failing_ports import FailingUnitOfWork, Fault, Fuse, PassingBroker
from tests.floor import Floor, booked, open_floor
from tests.unit.execution.test_protect_positions import account_of, filled


class Asked(PassingBroker):
    """Says what it was asked about; `told` are events that the venue did not tell.

    It says nothing of the orders in `silent_about`.
    """

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor.desk.broker)
        self.queries: list[str] = []
        self.told: tuple[BrokerEvent, ...] = ()
        self.is_away = False
        self.silent_about: set[str] = set()
        self.problem: str | None = None
        self.journal: str | None = None

    async def query(self, client_order_id: str) -> OrderReport:
        self.queries.append(client_order_id)
        if client_order_id in self.silent_about:
            raise Unavailable("not now")
        return await super().query(client_order_id)

    async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        if self.is_away:
            raise Unavailable("away")
        return await super().query_many(client_order_ids)

    async def status(self, account: str) -> BrokerStatus:
        return replace(await super().status(account), problem=self.problem)

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        page = await super().events(after=after, limit=limit)
        more = [event for event in self.told if event.seq > after]
        return JournalPage(self.journal or page.journal, [*page.events, *more])


async def heard(floor: Floor) -> HeardJournal | None:
    async with floor.desk.unit_of_work.begin() as transaction:
        return await transaction.heard.of(ACCOUNT)


async def newest(floor: Floor) -> HeardJournal:
    page = await floor.desk.broker.events(after=0)
    return HeardJournal(page.journal, page.events[-1].seq)


@asynccontextmanager
async def with_a_fill_to_hear() -> AsyncIterator[tuple[Floor, Asked, BrokerAccount]]:
    """An order that works, of which everything is heard, and that is filled then."""
    async with open_floor() as floor:
        await working(floor)
        broker = Asked(floor)
        at = account_of(floor, broker)
        await FollowEvents(at).run_once()
        broker.queries.clear()
        await quote(floor.desk, "149")
        yield floor, broker, at


async def status(floor: Floor) -> OrderStatus:
    order = await floor.order()
    assert order is not None
    return order.status


async def test_a_fill_is_booked_when_it_is_told_of() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = Asked(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        broker.queries.clear()
        await quote(floor.desk, "149")
        assert await follow.run_once() == 1
        assert await status(floor) is OrderStatus.FILLED
        assert await follow.run_once() == 0
        assert len(broker.queries) == 1


async def test_a_trader_that_is_started_again_goes_on_where_the_last_one_had_booked() -> None:
    async with with_a_fill_to_hear() as (floor, broker, _):
        assert await heard(floor) != await newest(floor)
        assert await FollowEvents(account_of(floor, broker)).run_once() == 1
        assert await heard(floor) == await newest(floor)
        broker.queries.clear()
        assert await FollowEvents(account_of(floor, broker)).run_once() == 0
        assert broker.queries == []


async def test_an_account_that_has_heard_nothing_yet_hears_everything() -> None:
    async with open_floor() as floor:
        await filled(floor)
        floor.desk.clock.advance(timedelta(days=30))
        broker = Asked(floor)
        assert await FollowEvents(account_of(floor, broker)).run_once() == 1
        assert broker.queries == [(await order_of_signal(floor, "sg1")).client_order_id]


async def test_another_journal_is_heard_from_its_beginning() -> None:
    async with with_a_fill_to_hear() as (floor, broker, at):
        follow = FollowEvents(at)
        await follow.run_once()
        broker.queries.clear()
        broker.journal = "another"
        assert await follow.run_once() == 1
        assert await heard(floor) == HeardJournal("another", (await newest(floor)).seq)
        assert await FollowEvents(account_of(floor, broker)).run_once() == 0
        broker.journal = "a third"
        assert await FollowEvents(account_of(floor, broker)).run_once() == 1


async def test_what_the_answer_to_the_order_said_is_not_asked_about_again() -> None:
    async with open_floor() as floor:
        broker = Asked(floor)
        at = account_of(floor, broker)
        await engine_of(floor, at).execute("sg1", approved_by="olivia")
        follow = FollowEvents(at)
        assert await follow.run_once() == 0
        assert broker.queries == []
        assert await heard(floor) == await newest(floor)


@pytest.mark.parametrize("fault", [Fault.REFUSED_BEFORE, Fault.LOST_BEFORE])
async def test_an_answer_whose_commit_failed_is_asked_for(fault: Fault) -> None:
    async with open_floor() as floor:
        broker = Asked(floor)
        fuse = Fuse()
        at = replace(account_of(floor, broker), unit_of_work=books_over(floor, fuse))
        engine = engine_of(floor, at)
        fuse.at, fuse.fault = 4, fault
        with suppress(Unavailable, OutcomeUnknown):
            await engine.execute("sg1", approved_by="olivia")
        assert await status(floor) is OrderStatus.PENDING_NEW
        assert await FollowEvents(at).run_once() == 1
        assert await status(floor) is OrderStatus.FILLED


@pytest.mark.parametrize("fault", [Fault.REFUSED_BEFORE, Fault.LOST_BEFORE])
@pytest.mark.parametrize("commit", [1, 2])
async def test_what_was_heard_is_never_ahead_of_what_is_booked(commit: int, fault: Fault) -> None:
    async with with_a_fill_to_hear() as (floor, broker, _):
        fuse = Fuse(fault=fault)
        at = replace(account_of(floor, broker), unit_of_work=books_over(floor, fuse))
        before = await heard(floor)
        # The first commit only looks where to go on.
        fuse.at = 1 + commit
        with pytest.raises((Unavailable, OutcomeUnknown)):
            await FollowEvents(at).run_once()
        assert await heard(floor) == before
        assert await status(floor) is (OrderStatus.NEW if commit == 1 else OrderStatus.FILLED)
        assert await FollowEvents(account_of(floor, broker)).run_once() == 1
        assert await status(floor) is OrderStatus.FILLED
        assert await heard(floor) == await newest(floor)


async def test_an_event_between_an_answer_and_its_commit_is_asked_about() -> None:
    class Filling(Asked):
        async def place(self, order: Order) -> OrderReport:
            report = await super().place(order)
            await quote(floor.desk, "149")
            return report

    async with open_floor() as floor:
        await quote(floor.desk, "151")
        broker = Filling(floor)
        at = account_of(floor, broker)
        await engine_of(floor, at).execute("sg1", approved_by="olivia")
        assert await status(floor) is OrderStatus.NEW
        assert await FollowEvents(at).run_once() == 1
        assert await status(floor) is OrderStatus.FILLED


async def test_an_answer_that_is_overtaken_by_a_later_one_takes_nothing_back() -> None:
    async with with_a_fill_to_hear() as (floor, broker, at):
        name = (await order_of_signal(floor, "sg1")).client_order_id
        late = replace(await broker.query(name), status=OrderStatus.NEW, fills=(), as_of=1)
        follow = FollowEvents(at)
        await follow.run_once()
        at.unit_of_work.applied.note(late)
        broker.told = (replace((await broker.events(after=0)).events[-1], seq=900),)
        broker.queries.clear()
        assert await follow.run_once() == 0
        assert broker.queries == []


async def test_an_order_of_which_nothing_is_said_now_holds_up_no_other_and_is_not_forgotten() -> None:
    async with open_floor() as floor:
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "151", symbol="MSFT")
        await working(floor)
        await floor.engine().execute("sg2", approved_by="olivia")
        broker = Asked(floor)
        at = account_of(floor, broker)
        follow = FollowEvents(at)
        await follow.run_once()
        before = await heard(floor)
        first = (await order_of_signal(floor, "sg1")).client_order_id
        broker.silent_about = {first}
        await quote(floor.desk, "149")
        await quote(floor.desk, "149", symbol="MSFT")
        await follow.run_once()
        assert (await order_of_signal(floor, "sg2")).status is OrderStatus.FILLED
        assert await heard(floor) == before, "what comes first is not booked"
        broker.silent_about = set()
        broker.queries.clear()
        await follow.run_once()
        assert broker.queries == [first]
        assert await status(floor) is OrderStatus.FILLED
        assert await heard(floor) == await newest(floor)


async def test_an_order_that_is_never_spoken_of_is_given_up_when_the_broker_speaks_of_others() -> None:
    async with with_a_fill_to_hear() as (floor, broker, at):
        broker.silent_about = {(await order_of_signal(floor, "sg1")).client_order_id}
        broker.problem = "it is not known yet what the venue has"
        follow = FollowEvents(at)
        before = await heard(floor)
        for seconds in (0, 60, 1):
            floor.desk.clock.advance(timedelta(seconds=seconds))
            assert await follow.run_once() == 1
        assert await heard(floor) == before
        broker.problem = None
        assert await follow.run_once() == 1
        assert await heard(floor) == await newest(floor)
        assert await follow.run_once() == 0


async def test_what_many_orders_have_become_is_booked_together() -> None:
    async with open_floor() as floor:
        await working(floor)
        for number in range(2, 32):
            await approved_signal(floor.desk, floor.artifact, signal_id=f"sg{number}")
            await floor.engine().execute(f"sg{number}", approved_by="olivia")
        broker = Asked(floor)
        await FollowEvents(account_of(floor, broker)).run_once()
        await quote(floor.desk, "149")
        fuse = Fuse()
        at = replace(account_of(floor, broker), unit_of_work=books_over(floor, fuse))
        asked = await FollowEvents(at).run_once()
        assert asked > 3
        assert len(fuse.log) <= 2 + -(-asked // 20)
        async with floor.desk.unit_of_work.begin() as transaction:
            assert len(await transaction.orders.in_status(ACCOUNT, frozenset({OrderStatus.FILLED}))) == asked


async def test_an_event_is_told_again_until_its_answer_is_booked() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = Asked(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        await quote(floor.desk, "149")
        broker.is_away = True
        with pytest.raises(Unavailable):
            await follow.run_once()
        assert await status(floor) is OrderStatus.NEW
        broker.is_away = False
        await follow.run_once()
        assert await status(floor) is OrderStatus.FILLED


async def test_an_error_that_the_venue_complains_of_changes_no_order_by_itself() -> None:
    async with open_floor() as floor:
        await working(floor)
        order = await floor.order()
        assert order is not None
        broker = Asked(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        broker.told = (BrokerEvent(900, BrokerEventKind.ERROR, order.client_order_id, "10349", NOW),)
        assert await follow.run_once() == 1
        assert await status(floor) is OrderStatus.NEW


@pytest.mark.parametrize("client_order_id", [None, "jx-somebody-elses"])
async def test_what_is_not_ours_is_passed_over(client_order_id: str | None) -> None:
    class Theirs(Asked):
        async def query(self, client_order_id: str) -> OrderReport:
            return OrderReport(client_order_id, "v1", OrderStatus.NEW)

    async with open_floor() as floor:
        broker = Theirs(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        broker.told = (BrokerEvent(900, BrokerEventKind.ORDER, client_order_id, "new", NOW),)
        assert await follow.run_once() == (0 if client_order_id is None else 1)
        with pytest.raises(NotFound):
            async with floor.desk.unit_of_work.begin() as transaction:
                await transaction.orders.get("jx-somebody-elses")


async def test_a_trader_that_was_replaced_books_nothing() -> None:
    async with open_floor() as floor:
        await working(floor)
        follow = FollowEvents(account_of(floor))
        await follow.run_once()
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch(ACCOUNT)
        await quote(floor.desk, "149")
        with pytest.raises(Conflict, match="taken over"):
            await follow.run_once()
        assert await status(floor) is OrderStatus.NEW


async def test_an_event_that_cannot_be_believed_does_not_hold_up_the_others() -> None:
    class Wild(Asked):
        async def query(self, client_order_id: str) -> OrderReport:
            report = await super().query(client_order_id)
            if client_order_id != wild:
                return report
            return replace(report, fills=(replace(report.fills[0], quantity=Decimal(99_999)),))

    async with open_floor() as floor:
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "151", symbol="MSFT")
        await working(floor)
        await floor.engine().execute("sg2", approved_by="olivia")
        wild = ""
        broker = Wild(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        wild = (await order_of_signal(floor, "sg1")).client_order_id
        await quote(floor.desk, "149")
        await quote(floor.desk, "149", symbol="MSFT")
        with pytest.raises(InvalidValue, match="99999"):
            await follow.run_once()
        assert (await order_of_signal(floor, "sg2")).status is OrderStatus.FILLED
        assert await follow.run_once() == 0


async def order_of_signal(floor: Floor, signal_id: str) -> Order:
    async with floor.desk.unit_of_work.begin() as transaction:
        found = await transaction.orders.trade_of_signal(signal_id)
    assert found is not None
    return found[1]


def books_over(floor: Floor, fuse: Fuse) -> BookedUnitOfWork:
    """Books whose commits pass the fuse."""
    return booked(floor.desk, FailingUnitOfWork(floor.desk.unit_of_work, fuse))


def engine_of(floor: Floor, at: BrokerAccount) -> ExecuteSignal:
    """One that shares its books with whoever follows the events."""
    allowed = {floor.artifact.payload_sha256: right_to_enter(floor.artifact)}
    return ExecuteSignal(
        unit_of_work=at.unit_of_work,
        broker=at.broker,
        clock=at.clock,
        trading=TradingAccount(ACCOUNT, at.epoch, LIMITS, OrderType.LIMIT),
        loaded=lambda: allowed,
    )
