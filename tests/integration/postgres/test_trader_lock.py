"""At most one trader for an account, whatever becomes of it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.trader_lock import trader_lock
from jax.ports.errors import Conflict, Unavailable
from tests.integration.postgres.cutting_proxy import CuttingProxy
from tests.integration.postgres.until import until

_SOURCES = Path(__file__).parents[3] / "src"
_ADVISORY_LOCKS = """
    FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND datname = current_database()
"""
_NOBODY_HOLDS_A_LOCK = f"SELECT NOT EXISTS (SELECT {_ADVISORY_LOCKS})"
_HOLD = """
import asyncio, sys
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.trader_lock import trader_lock

async def hold():
    async with trader_lock(PostgresDatabase(sys.argv[1]), "paper"):
        print("holding", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def test_a_second_trader_of_the_account_is_told_at_once(
    database: PostgresDatabase, database_url: str
) -> None:
    second = PostgresDatabase(database_url)
    async with trader_lock(database, "paper") as lock:
        with pytest.raises(
            Conflict, match=r"Another trader runs account paper on this database since 20.*: stop it"
        ):
            await trader_lock(second, "paper").__aenter__()
        assert await lock.held()


async def test_accounts_do_not_stand_in_each_others_way(database: PostgresDatabase) -> None:
    async with trader_lock(database, "paper") as one, trader_lock(database, "live") as other:
        assert await one.held()
        assert await other.held()


async def test_the_lock_is_free_again_after_the_block(
    database: PostgresDatabase, sql: asyncpg.Connection
) -> None:
    async with trader_lock(database, "paper"):
        pass
    await until(sql, _NOBODY_HOLDS_A_LOCK)
    async with trader_lock(database, "paper") as lock:
        assert await lock.held()


async def test_a_trader_notices_that_its_lock_was_lost(
    database: PostgresDatabase, sql: asyncpg.Connection
) -> None:
    async with trader_lock(database, "paper") as lock:
        assert await lock.held()
        await sql.execute(f"SELECT pg_terminate_backend(pid, 5000) {_ADVISORY_LOCKS}")
        assert not await lock.held()
        async with trader_lock(database, "paper") as successor:
            assert await successor.held()
            assert not await lock.held()


async def test_a_lock_whose_server_says_farewell_is_not_held(database_url: str) -> None:
    async with (
        CuttingProxy(database_url).listening() as proxy,
        trader_lock(PostgresDatabase(proxy.url), "paper") as lock,
    ):
        assert await lock.held()
        await proxy.say_farewell()
        assert not await lock.held()


async def test_a_server_that_says_farewell_to_who_logs_in_gives_no_lock(database_url: str) -> None:
    async with CuttingProxy(database_url).listening() as proxy:
        proxy.says_farewell_at_login = True
        with pytest.raises(Unavailable, match="did not answer"):
            await trader_lock(PostgresDatabase(proxy.url), "paper").__aenter__()


async def test_another_lock_on_the_connection_is_not_taken_for_this_one(
    database: PostgresDatabase, sql: asyncpg.Connection
) -> None:
    async with trader_lock(database, "paper") as lock:
        await lock._connection.execute("SELECT pg_advisory_unlock_all(); SELECT pg_advisory_lock(1)")
        assert not await lock.held()


async def test_a_lock_that_somebody_else_holds_now_is_not_held(database: PostgresDatabase) -> None:
    async with trader_lock(database, "paper") as lock:
        await lock._connection.execute("SELECT pg_advisory_unlock_all()")
        async with trader_lock(database, "paper") as other:
            assert await other.held()
            assert not await lock.held()


async def test_a_trader_that_is_killed_holds_its_lock_no_longer(
    database: PostgresDatabase, database_url: str, sql: asyncpg.Connection
) -> None:
    trader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _HOLD,
        database_url,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(_SOURCES)},
    )
    assert trader.stdout is not None
    assert await trader.stdout.readline() == b"holding\n"
    with pytest.raises(Conflict):
        await trader_lock(database, "paper").__aenter__()
    trader.kill()
    await trader.wait()
    await until(sql, _NOBODY_HOLDS_A_LOCK)
    async with trader_lock(database, "paper") as lock:
        assert await lock.held()


async def test_without_a_server_there_is_no_lock() -> None:
    nowhere = PostgresDatabase("postgresql://u:p@127.0.0.1:1/jax")
    with pytest.raises(Unavailable, match="nothing listens there"):
        await trader_lock(nowhere, "paper").__aenter__()
