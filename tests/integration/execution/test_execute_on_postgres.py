"""The execution protocol on a real Postgres."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.audit import AuditEvent
from jax.domain.fill import Fill
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.modules.execution.apply_report import apply_report
from jax.modules.execution.execute_signal import Executed
from jax.ports.broker import OrderReport
from jax.ports.order_store import OrderStore
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.cancel_walk import ENDS, Situation, walk_through_every_cancel_fault, working
from tests.desk import ACCOUNT, LIMITS, approved_signal, quote
from tests.failing_ports import FailingBroker, Fault, Fuse
from tests.floor import Floor, OpenFloor, open_floor, walk_through_every_fault
from tests.postgres_server import empty_tables


@asynccontextmanager
async def _floor_on(url: str) -> AsyncIterator[Floor]:
    database = PostgresDatabase(url)
    try:
        async with open_floor(PostgresUnitOfWork(database)) as floor:
            yield floor
    finally:
        await database.close()


def _emptied_floors(url: str) -> OpenFloor:
    @asynccontextmanager
    async def emptied_floor() -> AsyncIterator[Floor]:
        # Emptying speaks to the server in an event loop of its own, so it needs a thread of its own.
        await asyncio.to_thread(empty_tables, url)
        async with _floor_on(url) as floor:
            yield floor

    return emptied_floor


async def test_fifty_callers_at_once_get_one_order_and_equal_answers(database_url: str) -> None:
    async with _floor_on(database_url) as floor:
        # Two engines stand for two processes: nothing but the database is between them.
        engines = [floor.engine(), floor.engine()]
        outcomes = await asyncio.gather(
            *(engines[n % 2].execute("sg1", approved_by="olivia") for n in range(50))
        )
        trades = {outcome.trade for outcome in outcomes if isinstance(outcome, Executed)}
        assert len(outcomes) == 50
        assert all(isinstance(outcome, Executed) for outcome in outcomes)
        assert len(trades) == 1
        assert await floor.desk.broker.positions(ACCOUNT) == {"AAPL": Decimal(133)}


async def test_a_fault_at_any_step_ends_in_one_order_that_both_sides_agree_on(
    emptied_database_url: str,
) -> None:
    await walk_through_every_fault(_emptied_floors(emptied_database_url))


@pytest.mark.parametrize("situation", ENDS)
async def test_a_fault_at_any_step_of_a_cancel_ends_in_what_both_sides_agree_on(
    emptied_database_url: str, situation: Situation
) -> None:
    await walk_through_every_cancel_fault(_emptied_floors(emptied_database_url), situation)


@pytest.mark.parametrize("round_number", range(3))
async def test_two_signals_of_one_account_are_decided_one_after_the_other(
    database_url: str, round_number: int
) -> None:
    async with _floor_on(database_url) as floor:
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "150", symbol="MSFT")
        tight = replace(LIMITS, max_open_positions=1)
        engines = [floor.engine(limits=tight), floor.engine(limits=tight)]
        outcomes = await asyncio.gather(
            engines[0].execute("sg1", approved_by="olivia"), engines[1].execute("sg2", approved_by="olivia")
        )
    executed = [outcome for outcome in outcomes if isinstance(outcome, Executed)]
    assert len(executed) == 1, f"round {round_number}: the second must see the first's reservation"


class _PausedReads:
    """An order store that lets something else happen between reading the fills and the open orders."""

    def __init__(self, orders: OrderStore, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._orders = orders
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._orders, name)

    async def fills(self, account: str) -> Sequence[Fill]:
        found = await self._orders.fills(account)
        await self._meanwhile()
        return found


class _PausedTransaction:
    def __init__(self, transaction: Transaction, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._transaction = transaction
        self.orders = _PausedReads(transaction.orders, meanwhile)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)


class _PausedUnitOfWork:
    def __init__(self, unit_of_work: UnitOfWork, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._unit_of_work = unit_of_work
        self._meanwhile = meanwhile

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        async with self._unit_of_work.begin() as transaction:
            yield _PausedTransaction(transaction, self._meanwhile)


async def test_an_order_that_fills_while_another_is_decided_is_seen_open_or_filled(database_url: str) -> None:
    async with _floor_on(database_url) as floor:
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "150", symbol="MSFT")
        await quote(floor.desk, "151")
        await floor.engine().execute("sg1", approved_by="olivia")
        await quote(floor.desk, "149")
        filling: list[asyncio.Task[int]] = []

        async def fill_the_first_order() -> None:
            filling.append(asyncio.create_task(floor.reconciler().run_once()))
            # Done by then, unless it waits for whoever is deciding.
            await asyncio.wait(filling, timeout=1.0)

        paused = _PausedUnitOfWork(floor.desk.unit_of_work, fill_the_first_order)
        engine = floor.engine(unit_of_work=paused, limits=replace(LIMITS, max_open_positions=1))
        outcome = await engine.execute("sg2", approved_by="olivia")
        assert await filling[0] == 1
    assert isinstance(outcome, Denied)
    assert outcome.reason_code is ReasonCode.TOO_MANY_POSITIONS


async def test_a_decision_and_an_answer_about_one_signal_do_not_lock_each_other_out(
    database_url: str,
) -> None:
    async with _floor_on(database_url) as floor:
        lost = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_AFTER))
        await floor.engine(broker=lost).execute("sg1", approved_by="olivia")
        async with floor.desk.unit_of_work.begin() as transaction:
            signal = await transaction.signals.get("sg1")
            booking = asyncio.create_task(floor.reconciler().run_once())
            # It waits for the signal by then, with whatever else it holds.
            await asyncio.wait([booking], timeout=1.0)
            now = floor.desk.clock.now()
            await transaction.audit.append(AuditEvent("signal.read", signal.signal_id, "olivia", now, {}))
        assert await booking == 1


async def test_an_order_found_after_it_was_called_absent_is_open_again(database_url: str) -> None:
    async with _floor_on(database_url) as floor:
        lost = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_BEFORE))
        await floor.engine(broker=lost).execute("sg1", approved_by="olivia")
        await floor.settle()
        absent = await floor.order()
        assert absent is not None
        assert absent.status is OrderStatus.ABSENT
        async with floor.desk.unit_of_work.begin() as transaction:
            stored = await transaction.orders.get(absent.client_order_id)
            report = OrderReport(absent.client_order_id, "v1", OrderStatus.NEW)
            await apply_report(transaction, stored, report, at=floor.desk.clock.now())
        found = await floor.order()
    assert found is not None
    assert found.status is OrderStatus.NEW


async def test_cancels_and_reconciliation_at_the_same_time_make_one_request_and_one_end(
    database_url: str,
) -> None:
    async with _floor_on(database_url) as floor:
        await working(floor)
        passes = [work.run_once() for _ in range(4) for work in (floor.canceling(), floor.reconciler())]
        await asyncio.gather(*passes)
        order = await floor.order()
        assert order is not None
        assert order.status is OrderStatus.CANCELED
        async with floor.desk.unit_of_work.begin() as transaction:
            requested = await transaction.audit.entries(kind="order.cancel_requested")
            changed = await transaction.audit.entries(kind="order.changed", subject=order.client_order_id)
    assert [entry.event.subject for entry in requested] == [order.client_order_id]
    assert len(changed) == 2, "acknowledged, canceled"
