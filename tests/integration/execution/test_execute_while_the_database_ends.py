"""The database goes away at each commit of an execution, for real, and there is one order at most."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.migrations import migrate_to_head
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.order_status import OrderStatus
from jax.domain.risk_decision import Denied
from jax.modules.execution.execute_signal import Executed
from jax.ports.errors import OutcomeUnknown, PortError, Unavailable
from tests.failing_ports import FailingBroker, Fuse
from tests.floor import Floor, check_agreement, open_floor
from tests.integration.execution.ending_connections import (
    AnswerLost,
    BackendEnds,
    DiesCommitting,
    Ending,
    EndingUnitOfWork,
    prepare_to_die_committing,
)
from tests.integration.postgres.cutting_proxy import CuttingProxy
from tests.postgres_server import empty_tables, fresh_database, running_server

_PENDING, _UNKNOWN, _ABSENT, _FILLED = (
    OrderStatus.PENDING_NEW,
    OrderStatus.UNKNOWN,
    OrderStatus.ABSENT,
    OrderStatus.FILLED,
)


Heard = type[PortError] | OrderStatus
# Whether it was heard before the commit left that nobody listens is for the network to say.
_AN_ERROR: tuple[Heard, ...] = (Unavailable, OutcomeUnknown)


@dataclass(frozen=True)
class Step:
    """One commit of an execution, and what is to be seen when the database ends there.

    `first` is what the caller may hear, `placed` how many orders have left then, `last` what the order has
    become after reconciliation and a repeat of the call.
    """

    at: int
    ending: Ending
    first: tuple[Heard, ...]
    placed: int
    last: OrderStatus


STEPS = (
    # Commit 1 has only read: who was here before?
    Step(1, Ending.TERMINATED, _AN_ERROR, 0, _FILLED),
    Step(1, Ending.ANSWER_LOST, (OutcomeUnknown,), 0, _FILLED),
    Step(1, Ending.CRASHED, _AN_ERROR, 0, _FILLED),
    # Commit 2 records the order. Lost answer: it is recorded, and must not be sent by anybody any more.
    Step(2, Ending.TERMINATED, _AN_ERROR, 0, _FILLED),
    Step(2, Ending.ANSWER_LOST, (OutcomeUnknown,), 0, _ABSENT),
    Step(2, Ending.DIED_COMMITTING, (OutcomeUnknown,), 0, _FILLED),
    Step(2, Ending.CRASHED, _AN_ERROR, 0, _FILLED),
    # The third asks the gate once more. It does not commit: another connection does as well.
    Step(3, Ending.TERMINATED, (_FILLED,), 1, _FILLED),
    # Without an answer the order stays in the house, which can be written down if the server has recovered.
    Step(3, Ending.CRASHED, (_UNKNOWN, _ABSENT), 0, _ABSENT),
    # Commit 4 writes down what the broker has said.
    Step(4, Ending.TERMINATED, (_PENDING,), 1, _FILLED),
    Step(4, Ending.ANSWER_LOST, (_PENDING,), 1, _FILLED),
    Step(4, Ending.DIED_COMMITTING, (_PENDING,), 1, _FILLED),
    Step(4, Ending.CRASHED, (_PENDING,), 1, _FILLED),
)


@pytest.fixture(scope="module")
def crashing_database_url() -> Iterator[str]:
    """A migrated database on a server of its own, which may crash, and where who commits may die."""
    with running_server(waits_for_disk=False) as server, fresh_database(server) as url:
        asyncio.run(migrate_to_head(url))
        prepare_to_die_committing(url)
        yield url


@pytest.fixture
def url_of(request: pytest.FixtureRequest) -> Callable[[Ending], str]:
    """An empty migrated database where that may happen."""

    def url(ending: Ending) -> str:
        if ending in {Ending.TERMINATED, Ending.ANSWER_LOST}:
            return str(request.getfixturevalue("emptied_database_url"))
        if ending is Ending.CRASHED and "DATABASE_URL_FOR_TESTS" in os.environ:
            pytest.skip("a server that was given may not be crashed")
        crashing = str(request.getfixturevalue("crashing_database_url"))
        empty_tables(crashing)
        return crashing

    return url


@asynccontextmanager
async def _stores(url: str) -> AsyncIterator[PostgresUnitOfWork]:
    database = PostgresDatabase(url)
    try:
        yield PostgresUnitOfWork(database)
    finally:
        await database.close()


@asynccontextmanager
async def _ending_stores(url: str, step: Step) -> AsyncIterator[EndingUnitOfWork]:
    if step.ending is Ending.ANSWER_LOST:
        async with CuttingProxy(url).listening() as proxy, _stores(proxy.url) as stores:
            yield EndingUnitOfWork(stores, step.at, AnswerLost(proxy))
        return
    async with _stores(url) as stores:
        dies = step.ending is Ending.DIED_COMMITTING
        ending = DiesCommitting(url) if dies else BackendEnds(url, crashes=step.ending is Ending.CRASHED)
        yield EndingUnitOfWork(stores, step.at, ending, before=step.at == 3)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"commit {step.at}: {step.ending.value}")
def test_one_order_at_most_and_both_sides_agree_when(url_of: Callable[[Ending], str], step: Step) -> None:
    asyncio.run(_one_walk(url_of(step.ending), step))


async def _one_walk(url: str, step: Step) -> None:
    async with _stores(url) as directly, open_floor(directly) as floor:
        broker = FailingBroker(floor.desk.broker, Fuse())
        async with _ending_stores(url, step) as ending:
            heard = await _heard(floor, ending, broker)
        assert heard in step.first
        assert len(broker.placed) == step.placed
        await _until_it_answers(url)
        await floor.settle()
        await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
        await floor.settle()
        await check_agreement(floor, where=f"{step.ending.value} at commit {step.at}")
        order = await floor.order()
    assert order is not None
    assert order.status is step.last
    assert len(broker.placed) == (1 if step.last is _FILLED else 0)
    assert ending.commits >= step.at


async def _heard(floor: Floor, ending: EndingUnitOfWork, broker: FailingBroker) -> Heard:
    """What the caller hears of it: the error, or the order's status."""
    try:
        outcome = await floor.engine(unit_of_work=ending, broker=broker).execute("sg1", approved_by="olivia")
    except PortError as error:
        return type(error)
    assert not isinstance(outcome, Denied)
    assert isinstance(outcome, Executed)
    return outcome.order.status


async def _until_it_answers(url: str) -> None:
    """A server that has crashed recovers by itself."""
    async with asyncio.timeout(30):
        while True:
            try:
                connection = await asyncpg.connect(url)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
