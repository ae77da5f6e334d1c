"""Between the record of an order and its sending the gate is asked once more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.signal import SignalStatus
from jax.modules.execution.execute_signal import Executed
from jax.ports.errors import Unavailable
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.desk import ACCOUNT
from tests.failing_ports import FailingBroker, FailingUnitOfWork, Fault, Fuse
from tests.floor import Floor, open_floor

# The transactions of an execution: what was there before, the record, the question, the answer.
_RECORD, _QUESTION = 2, 3


class Meanwhile:
    """A UnitOfWork around which something happens: at the end of transaction number `at`."""

    def __init__(self, behind: UnitOfWork, at: int, happens: Callable[[], Awaitable[None]]) -> None:
        self._behind, self._at, self._happens = behind, at, happens
        self._begun = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        self._begun += 1
        now = self._begun == self._at
        async with self._behind.begin() as transaction:
            yield transaction
        if now:
            await self._happens()


class Vanishing:
    """A UnitOfWork that is gone after its transaction number `after`."""

    def __init__(self, behind: UnitOfWork, after: int) -> None:
        self._behind, self._after = behind, after
        self._begun = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        self._begun += 1
        if self._begun > self._after:
            raise Unavailable("the database is away")
        async with self._behind.begin() as transaction:
            yield transaction


async def _held_back(
    floor: Floor, unit_of_work: UnitOfWork, *, loaded: dict[str, str] | None = None
) -> Order:
    """The order of an execution that reached no broker."""
    broker = FailingBroker(floor.desk.broker, Fuse())
    engine = floor.engine(unit_of_work=unit_of_work, broker=broker, loaded=loaded)
    outcome = await engine.execute("sg1", approved_by="olivia")
    assert isinstance(outcome, Executed)
    assert broker.placed == []
    assert await floor.desk.broker.positions(ACCOUNT) == {}
    return outcome.order


async def test_what_is_revoked_after_the_record_is_not_sent_though_the_trader_has_not_heard_of_it() -> None:
    async with open_floor() as floor:

        async def revoke() -> None:
            await floor.desk.gate.revoke(floor.artifact)

        order = await _held_back(floor, Meanwhile(floor.desk.unit_of_work, _RECORD, revoke))
        assert (order.status, order.reason_code) == (OrderStatus.ABSENT, "ARTIFACT_NOT_LOADABLE")
        assert await floor.order() == order
        assert await floor.signal_status() is SignalStatus.REJECTED


async def test_what_is_withdrawn_after_the_record_is_not_sent() -> None:
    async with open_floor() as floor:

        async def withdraw() -> None:
            await floor.desk.gate.renew(without=floor.artifact.name)

        order = await _held_back(floor, Meanwhile(floor.desk.unit_of_work, _RECORD, withdraw))
        assert (order.status, order.reason_code) == (OrderStatus.ABSENT, "ARTIFACT_NOT_LOADABLE")


async def test_what_the_trader_hears_while_it_asks_counts_as_well() -> None:
    async with open_floor() as floor:
        loaded = {floor.artifact.payload_sha256: floor.artifact.artifact_id}

        async def hear() -> None:
            loaded.clear()

        heard = Meanwhile(floor.desk.unit_of_work, _QUESTION, hear)
        order = await _held_back(floor, heard, loaded=loaded)
        assert (order.status, order.reason_code) == (OrderStatus.ABSENT, "ARTIFACT_NOT_LOADABLE")


async def test_an_order_whose_question_takes_too_long_is_not_sent() -> None:
    async with open_floor() as floor:

        async def time_passes() -> None:
            floor.desk.clock.advance(timedelta(seconds=6))

        order = await _held_back(floor, Meanwhile(floor.desk.unit_of_work, _QUESTION, time_passes))
        assert (order.status, order.reason_code) == (OrderStatus.ABSENT, "DEADLINE_PASSED")


async def test_a_gate_that_cannot_be_asked_keeps_the_order_in_the_house() -> None:
    async with open_floor() as floor:
        fuse = Fuse(at=_QUESTION, fault=Fault.REFUSED_BEFORE)
        order = await _held_back(floor, FailingUnitOfWork(floor.desk.unit_of_work, fuse))
        assert (order.status, order.reason_code) == (OrderStatus.ABSENT, "GATE_NOT_READ")


async def test_a_database_that_goes_away_before_the_question_leaves_an_order_that_is_proven_absent() -> None:
    async with open_floor() as floor:
        order = await _held_back(floor, Vanishing(floor.desk.unit_of_work, _RECORD))
        assert order.status is OrderStatus.UNKNOWN
        await floor.settle()
        stored = await floor.order()
    assert stored is not None
    assert (stored.status, stored.reason_code) == (OrderStatus.ABSENT, "NOT_AT_BROKER")
