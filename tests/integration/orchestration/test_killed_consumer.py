"""A consumer that is killed between taking and storing: nothing is lost, and nothing is stored twice."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from jax.adapters.postgres.advice_store import PostgresAdviceStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.domain.advice_run import RunStatus
from jax.ports.errors import Unavailable
from tests.advice import request
from tests.agent_servers import HindsightShape, Reply, agent0_shape, agent_server, dexter_shape
from tests.architecture.checkout import ROOT, SRC, environment_with
from tests.contract.test_advice_store import run
from tests.integration.postgres.until import until

_FREE = """
    SELECT NOT EXISTS (SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction')
"""
_MODULE = "tests.integration.orchestration.consumer_process"


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresAdviceStore]:
    database = PostgresDatabase(database_url, role="jax_research")
    yield PostgresAdviceStore(database)
    await database.close()


@asynccontextmanager
async def consumer(database_url: str, **agents: str) -> AsyncIterator[Process]:
    """A process of its own, killed at the end if it still runs."""
    environment = {**environment_with(SRC, ROOT), **agents}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _MODULE, database_url, cwd=ROOT, env=environment, stdout=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said_by(database_url: str, **agents: str) -> str:
    """What a consumer that comes to its end says."""
    async with asyncio.timeout(60), consumer(database_url, **agents) as process:
        out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().strip()


def hanging(shape: Callable[..., Reply], at: str) -> Callable[..., Reply]:
    """Does what `shape` does, but never answers a request for the path `at`."""

    def answer(asked: str, body: object) -> Reply:
        done = shape(asked, body)
        return Reply(hangs=True) if asked.endswith(at) else done

    return answer


@pytest.mark.parametrize("at", ["/v1/plan", "/memories"], ids=["while planning", "after retaining"])
async def test_a_killed_consumer_loses_nothing_and_stores_nothing_twice(
    database_url: str, store: PostgresAdviceStore, at: str
) -> None:
    hindsight = HindsightShape()
    await store.ask(request())
    async with (
        agent_server(hanging(hindsight, at)) as memory,
        agent_server(hanging(agent0_shape(), at)) as planner,
        agent_server(dexter_shape) as researcher,
    ):
        agents = {"HINDSIGHT_URL": memory.url, "AGENT0_URL": planner.url, "DEXTER_URL": researcher.url}
        async with consumer(database_url, **agents) as killed:
            stuck_in = planner if at == "/v1/plan" else memory
            async with asyncio.timeout(60):
                # Hindsight was asked to recall before it is asked to retain.
                await stuck_in.until_asked(1 if at == "/v1/plan" else 2)
            assert await _next(store) is None, "the request is taken"
            os.kill(killed.pid, signal.SIGKILL)
            await killed.wait()
        assert (await store.get(request().run_id)).run is None
        await _until_let_go(database_url)
        memory.handler, planner.handler = hindsight, agent0_shape()
        assert await said_by(database_url, **agents) == request().run_id
        assert await _next(store) is None, "it would be run again"
    (asked,) = await store.page()
    assert asked.request == request()
    assert asked.run is not None
    assert asked.run.status is RunStatus.COMPLETED
    assert asked.run.outcome is not None
    assert asked.run.outcome.used.planner == "agent0"
    assert list(hindsight.items) == [request().run_id], "one memory, however often it was told"


async def test_who_has_lost_the_connection_can_not_store_what_another_has_taken(
    database_url: str, store: PostgresAdviceStore
) -> None:
    await store.ask(request())
    async with store.take() as first:
        assert first is not None
        chief = await asyncpg.connect(database_url)
        await chief.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        await chief.close()
        async with store.take() as second:
            assert second is not None
            with pytest.raises(Unavailable):
                await first.store(run(request()))
            await second.store(run(request()))
    assert (await store.get(request().run_id)).run == run(request())


async def _next(store: PostgresAdviceStore) -> str | None:
    """The id of what would be run next."""
    async with store.take() as taken:
        return None if taken is None else taken.request.run_id


async def _until_let_go(database_url: str) -> None:
    sql = await asyncpg.connect(database_url)
    await until(sql, _FREE)
    await sql.close()
