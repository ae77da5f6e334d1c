"""The execution protocol on a real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.modules.execution.execute_signal import Executed
from tests.desk import ACCOUNT, LIMITS, approved_signal, quote
from tests.floor import Floor, open_floor, walk_through_every_fault
from tests.postgres_server import fresh_database


@asynccontextmanager
async def _floor_on(url: str) -> AsyncIterator[Floor]:
    database = PostgresDatabase(url)
    try:
        async with open_floor(PostgresUnitOfWork(database)) as floor:
            yield floor
    finally:
        await database.close()


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
    postgres_server_url: str, migrated_template_url: str
) -> None:
    @asynccontextmanager
    async def fresh_floor() -> AsyncIterator[Floor]:
        # The fixture speaks to the server in an event loop of its own, so it needs a thread of its own.
        made = fresh_database(postgres_server_url, template=migrated_template_url)
        url = await asyncio.to_thread(made.__enter__)
        try:
            async with _floor_on(url) as floor:
                yield floor
        finally:
            await asyncio.to_thread(made.__exit__, None, None, None)

    await walk_through_every_fault(fresh_floor)


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
