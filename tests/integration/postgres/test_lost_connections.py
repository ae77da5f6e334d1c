"""Whatever is lost, the caller hears whether something was stored, nothing was, or nobody knows."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from jax.adapters.postgres import database as database_module
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.event_bus import PostgresEventBus
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.audit import AuditEvent
from jax.ports.errors import Conflict, OutcomeUnknown, Unavailable
from jax.ports.unit_of_work import Transaction
from tests.contract.stored_values import ACCOUNT, NOW, artifact, store_signal
from tests.contract.within import within
from tests.integration.postgres.cutting_proxy import CuttingProxy
from tests.integration.postgres.gate_rows import add_artifact
from tests.integration.postgres.until import until
from tests.postgres_server import run_sql

_KILL_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_DIE_AT_COMMIT = """
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(10);
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER die AFTER INSERT ON trading.account DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION die();
"""
_REFUSE_AT_COMMIT = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'not today' USING ERRCODE = 'JX999';
    END
    $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON trading.account DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse();
"""


async def _epochs(sql: asyncpg.Connection) -> dict[str, int]:
    return dict(await sql.fetch("SELECT account, epoch FROM trading.account"))


async def test_a_backend_that_is_killed_between_statements_is_unavailable_and_stores_nothing(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    async def be_killed(tx: Transaction) -> None:
        await tx.orders.raise_epoch(ACCOUNT)
        await sql.execute(_KILL_OTHERS)
        await tx.orders.raise_epoch("other")

    with pytest.raises(Unavailable, match="nothing was stored: try again"):
        await within(unit_of_work, be_killed)
    assert await _epochs(sql) == {}


async def test_a_backend_that_is_killed_while_it_waits_for_a_lock_is_unavailable(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    async with sql.transaction():
        await sql.execute("UPDATE trading.account SET epoch = 7")
        waiting = asyncio.create_task(within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)))
        await until(sql, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        await sql.execute(_KILL_OTHERS)
        with pytest.raises(Unavailable, match="nothing was stored"):
            await waiting
    assert await _epochs(sql) == {ACCOUNT: 7}


async def test_a_connection_that_is_seen_to_be_gone_before_the_commit_is_unavailable(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    async def be_killed(tx: Transaction) -> None:
        await tx.orders.raise_epoch(ACCOUNT)
        await sql.execute(_KILL_OTHERS)
        # The driver hears of it when the loop next looks at its sockets.
        await asyncio.sleep(0.5)

    with pytest.raises(Unavailable, match="before the commit; nothing was stored"):
        await within(unit_of_work, be_killed)
    assert await _epochs(sql) == {}


async def test_a_failure_inside_the_block_is_told_and_not_the_loss_that_came_with_it(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.orders.raise_epoch(ACCOUNT)
        await sql.execute(_KILL_OTHERS)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await within(unit_of_work, fail)


async def test_the_next_transaction_after_a_loss_finds_a_living_connection(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    await asyncio.gather(*(within(unit_of_work, lambda tx: tx.orders.trades(ACCOUNT)) for _ in range(3)))
    await sql.execute(_KILL_OTHERS)
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 1


async def test_a_loss_that_the_loop_has_not_looked_at_is_seen_before_the_next_transaction(
    unit_of_work: PostgresUnitOfWork, database_url: str
) -> None:
    await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    with ThreadPoolExecutor(1) as elsewhere:
        # This blocks the loop: what the server says meanwhile stays unread.
        elsewhere.submit(run_sql, database_url, _KILL_OTHERS).result()
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 2


async def test_a_backend_that_dies_during_the_commit_leaves_the_outcome_unknown(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    await sql.execute(_DIE_AT_COMMIT)
    with pytest.raises(OutcomeUnknown, match="it may have been done: look at what is stored"):
        await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    await sql.execute("DROP TRIGGER die ON trading.account")
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 1


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[CuttingProxy]:
    async with CuttingProxy(database_url).listening() as listening:
        yield listening


async def test_a_commit_whose_answer_is_lost_was_done_all_the_same(
    proxy: CuttingProxy, sql: asyncpg.Connection
) -> None:
    database = PostgresDatabase(proxy.url)
    unit_of_work = PostgresUnitOfWork(database)
    await within(unit_of_work, lambda tx: tx.orders.raise_epoch("before"))
    proxy.cuts_at_commit = True
    with pytest.raises(OutcomeUnknown):
        await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    assert await _epochs(sql) == {"before": 1, ACCOUNT: 1}
    await database.close()


@pytest.fixture
async def by_proxy(proxy: CuttingProxy) -> AsyncIterator[PostgresUnitOfWork]:
    """On one connection, which is there already."""
    database = PostgresDatabase(proxy.url, pool_size=1)
    unit_of_work = PostgresUnitOfWork(database)
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch("before")) == 1
    yield unit_of_work
    # Whatever happened, the next transaction has a connection of use.
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch("before")) == 2
    await database.close()


async def test_a_farewell_between_statements_is_unavailable(
    by_proxy: PostgresUnitOfWork, proxy: CuttingProxy, sql: asyncpg.Connection
) -> None:
    async def be_told(tx: Transaction) -> None:
        await tx.orders.raise_epoch(ACCOUNT)
        await proxy.say_farewell()
        await tx.orders.raise_epoch("other")

    with pytest.raises(Unavailable, match="nothing was stored: try again"):
        await within(by_proxy, be_told)
    assert await _epochs(sql) == {"before": 1}


async def test_after_a_farewell_the_outcome_of_a_commit_is_unknown(
    by_proxy: PostgresUnitOfWork, proxy: CuttingProxy
) -> None:
    async def be_told(tx: Transaction) -> None:
        await tx.orders.raise_epoch(ACCOUNT)
        await proxy.say_farewell()

    with pytest.raises(OutcomeUnknown, match="it may have been done"):
        await within(by_proxy, be_told)


async def test_a_farewell_between_transactions_is_unavailable(
    by_proxy: PostgresUnitOfWork, proxy: CuttingProxy
) -> None:
    await proxy.say_farewell()
    with pytest.raises(Unavailable, match="nothing was stored: try again"):
        await within(by_proxy, lambda tx: tx.orders.raise_epoch(ACCOUNT))


async def test_after_a_farewell_a_failure_inside_the_block_is_told(
    by_proxy: PostgresUnitOfWork, proxy: CuttingProxy
) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.orders.raise_epoch(ACCOUNT)
        await proxy.say_farewell()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await within(by_proxy, fail)


async def test_who_hears_a_farewell_instead_of_its_subscription_is_told(proxy: CuttingProxy) -> None:
    proxy.says_farewell_at_login = True
    with pytest.raises(Unavailable, match="did not take LISTEN"):
        await PostgresEventBus(PostgresDatabase(proxy.url)).subscribe("order").__aenter__()


async def test_what_the_database_refuses_at_the_commit_is_a_conflict(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    await sql.execute(_REFUSE_AT_COMMIT)
    with pytest.raises(Conflict, match="not today"):
        await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    assert await _epochs(sql) == {}


async def test_of_two_transactions_that_lock_each_other_out_one_is_unavailable(
    unit_of_work: PostgresUnitOfWork,
) -> None:
    both_hold_one = asyncio.Barrier(2)

    async def lock_both(first: str, second: str) -> None:
        async with unit_of_work.begin() as tx:
            await tx.orders.lock_account(first)
            await both_hold_one.wait()
            await tx.orders.lock_account(second)

    async with unit_of_work.begin() as tx:
        await tx.orders.lock_account("a")
        await tx.orders.lock_account("b")
    outcomes = await asyncio.gather(lock_both("a", "b"), lock_both("b", "a"), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) == 1


async def test_a_task_that_is_canceled_in_the_middle_of_a_statement_leaves_the_pool_whole(
    database_url: str, sql: asyncpg.Connection
) -> None:
    database = PostgresDatabase(database_url, pool_size=1)
    unit_of_work = PostgresUnitOfWork(database)
    await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    async with sql.transaction():
        await sql.execute("UPDATE trading.account SET epoch = 7")
        waiting = asyncio.create_task(within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)))
        await until(sql, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 8
    await database.close()


async def test_a_statement_that_takes_too_long_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, database_url: str, sql: asyncpg.Connection
) -> None:
    monkeypatch.setattr(database_module, "_STATEMENT_TIMEOUT_SECONDS", 0.3)
    database = PostgresDatabase(database_url)
    unit_of_work = PostgresUnitOfWork(database)
    await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    async with sql.transaction():
        await sql.execute("UPDATE trading.account SET epoch = 7")
        with pytest.raises(Unavailable, match="did not answer"):
            await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 8
    await database.close()


async def test_who_waits_for_a_lock_only_so_long_is_told_and_may_try_again(database_url: str) -> None:
    waiting = PostgresDatabase(database_url, lock_timeout_seconds=0.2)
    patient = PostgresDatabase(database_url)
    event = AuditEvent(kind="order.sent", subject="jx1", actor="jax-trader", at=NOW, data=None)
    async with PostgresUnitOfWork(patient).begin() as hanging:
        await hanging.audit.append(event)
        with pytest.raises(Unavailable, match=r"lock timeout.*nothing was stored: try again"):
            await within(PostgresUnitOfWork(waiting), lambda tx: tx.audit.append(event))
    assert (await within(PostgresUnitOfWork(waiting), lambda tx: tx.audit.append(event))).n == 2
    await waiting.close()
    await patient.close()


async def test_a_pool_whose_connections_are_all_busy_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setattr(database_module, "_POOL_TIMEOUT_SECONDS", 0.1)
    database = PostgresDatabase(database_url, pool_size=1)
    unit_of_work = PostgresUnitOfWork(database)
    async with unit_of_work.begin() as tx:
        with pytest.raises(Unavailable, match="are busy; nothing was done: try again"):
            await within(unit_of_work, lambda other: other.orders.raise_epoch(ACCOUNT))
        await tx.orders.raise_epoch(ACCOUNT)
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 2
    await database.close()


async def test_a_server_that_cannot_be_reached_is_unavailable_before_the_block_begins() -> None:
    database = PostgresDatabase("postgresql://u:p@127.0.0.1:1/jax")

    async def never(_tx: Transaction) -> None:
        pytest.fail("a transaction began without a server")

    with pytest.raises(Unavailable, match="nothing listens there"):
        await within(PostgresUnitOfWork(database), never)
    await database.close()


async def test_what_is_durable_does_not_depend_on_the_defaults_of_the_server(
    database_url: str, sql: asyncpg.Connection
) -> None:
    name = await sql.fetchval("SELECT current_database()")
    await sql.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await sql.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    await sql.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    database = PostgresDatabase(database_url)
    async with database.transaction() as (connection, _):
        shown = [
            await connection.fetchval(f"SHOW {setting}")
            for setting in ("synchronous_commit", "transaction_isolation", "timezone")
        ]
    assert shown == ["on", "read committed", "UTC"]
    await database.close()


async def test_a_bug_is_not_dressed_up_as_a_port_error(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    await sql.execute("ALTER TABLE trading.account RENAME COLUMN epoch TO age")
    with pytest.raises(Exception, match='column "epoch" of relation') as raised:
        await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT))
    assert not isinstance(raised.value, Unavailable | Conflict | OutcomeUnknown)


async def test_numbers_come_back_without_padding_and_without_exponents(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    await add_artifact(sql, artifact())
    await store_signal(unit_of_work, artifact(), "sg1")
    stored = await within(unit_of_work, lambda tx: tx.signals.get("sg1"))
    assert [str(stored.entry_price), str(stored.stop_loss), str(stored.take_profit)] == [
        "150.25",
        "145.00000001",
        "160",
    ]


async def test_an_audit_entry_without_its_lock_cannot_be_written_twice(
    unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection
) -> None:
    event = AuditEvent(kind="order.sent", subject="jx1", actor="jax-trader", at=NOW, data=None)
    async with unit_of_work.begin() as tx:
        first = await tx.audit.append(event)
        await tx.audit.append(event)
    with pytest.raises(asyncpg.UniqueViolationError):
        await sql.execute(
            "INSERT INTO audit.entry (n, kind, subject, actor, at, data, previous_sha256, entry_sha256) "
            "VALUES (2, 'order.sent', 'jx1', 'jax-trader', now(), 'null', $1, $2)",
            first.entry_sha256,
            "sha256:" + "9" * 64,
        )


async def test_a_task_that_is_canceled_ends_in_whatever_moment_of_a_transaction_it_was(
    unit_of_work: PostgresUnitOfWork,
) -> None:
    async def for_ever() -> None:
        while True:
            await within(unit_of_work, lambda tx: tx.orders.trade_of_signal("sg1"))

    for moments in range(40):
        task = asyncio.create_task(for_ever())
        for _ in range(moments):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled(), f"not after {moments} turns of the loop"
