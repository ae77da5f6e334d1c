"""Stopping does not wait for the record: what cannot be written or booked holds up no cancel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jax.domain.canonical_json import NotCanonical
from jax.domain.order_status import OPEN, OrderStatus
from jax.ports.errors import Unavailable
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.cancel_walk import working
from tests.desk import ACCOUNT, approved_signal, quote
from tests.failing_ports import FailingBroker, FailingUnitOfWork, Fault, Fuse
from tests.floor import Floor, open_floor


async def _two_working(floor: Floor) -> list[str]:
    """The ids of two working entries, oldest first."""
    await working(floor)
    await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
    await quote(floor.desk, "151", symbol="MSFT")
    await floor.engine().execute("sg2", approved_by="olivia")
    async with floor.desk.unit_of_work.begin() as transaction:
        found = await transaction.orders.in_status(ACCOUNT, OPEN)
    assert [order.status for order in found] == [OrderStatus.NEW] * 2
    return [order.client_order_id for order in found]


async def _wishes(floor: Floor) -> list[str]:
    async with floor.desk.unit_of_work.begin() as transaction:
        entries = await transaction.audit.entries(kind="order.cancel_requested")
    return [entry.event.subject for entry in entries]


async def _open(floor: Floor) -> list[str]:
    async with floor.desk.unit_of_work.begin() as transaction:
        return [order.client_order_id for order in await transaction.orders.in_status(ACCOUNT, OPEN)]


class WishesRefused:
    """A UnitOfWork that stores no request to cancel: somebody holds the audit log, or made it unreadable."""

    def __init__(self, behind: UnitOfWork, error: Exception) -> None:
        self._behind = behind
        self._error = error
        self.refused = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        async with self._behind.begin() as transaction:
            before = await transaction.audit.entries(kind="order.cancel_requested")
            yield transaction
            if await transaction.audit.entries(kind="order.cancel_requested") != before:
                self.refused += 1
                raise self._error


@pytest.mark.parametrize("fault", [Fault.REFUSED_BEFORE, Fault.LOST_BEFORE])
async def test_a_wish_that_cannot_be_recorded_is_told_with_the_answer(fault: Fault) -> None:
    async with open_floor() as floor:
        ids = await _two_working(floor)
        fuse = Fuse(at=2, fault=fault)
        canceling = floor.canceling(
            unit_of_work=FailingUnitOfWork(floor.desk.unit_of_work, fuse),
            broker=FailingBroker(floor.desk.broker, fuse),
        )
        assert await canceling.run_once() == 2
        assert fuse.log == ["commit", "commit", "commit", "cancel", "commit", "commit", "cancel", "commit"]
        assert (await _open(floor), await _wishes(floor)) == ([], ids)


@pytest.mark.parametrize(
    "error", [Unavailable("somebody holds the audit log"), NotCanonical("an entry is no canonical JSON")]
)
async def test_while_nothing_can_be_recorded_every_order_is_canceled_and_told_of_later(
    error: Exception,
) -> None:
    async with open_floor() as floor:
        ids = await _two_working(floor)
        held = WishesRefused(floor.desk.unit_of_work, error)
        assert await floor.canceling(unit_of_work=held).run_once() == 0
        # The first order's wish, and what the broker answered of both.
        assert held.refused == 3
        assert [(await floor.desk.broker.query(one)).status for one in ids] == [OrderStatus.CANCELED] * 2
        assert (await _open(floor), await _wishes(floor)) == (ids, [])
        assert await floor.canceling().run_once() == 2
        assert (await _open(floor), await _wishes(floor)) == ([], ids)


async def test_an_answer_that_cannot_be_booked_does_not_keep_the_next_order_from_being_canceled() -> None:
    async with open_floor() as floor:
        first, _ = await _two_working(floor)
        fuse = Fuse(at=4, fault=Fault.REFUSED_BEFORE)
        canceling = floor.canceling(
            unit_of_work=FailingUnitOfWork(floor.desk.unit_of_work, fuse),
            broker=FailingBroker(floor.desk.broker, fuse),
        )
        assert await canceling.run_once() == 1
        assert fuse.log == ["commit", "commit", "cancel", "commit", "commit", "cancel", "commit"]
        assert await _open(floor) == [first]
        assert await canceling.run_once() == 1
        assert await _open(floor) == []
