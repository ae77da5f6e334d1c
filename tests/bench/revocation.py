"""How soon a running trader stops entering after a revocation, and how long a revocation itself takes.

The trader runs in this process by its real wiring: a real Postgres with LISTEN, its files on disk, 200
strategies loaded. It has stopped when it would deny an entry by what it has in memory; the database refuses
the order from the commit on. Every time begins before the revocation is written.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from jax.app.trader.running_artifacts import RunningArtifacts
from tests.bench.revoking_desk import RevokingDesk, notifications, open_revoking_desk
from tests.bench.stopwatch import quantiles_ms
from tests.postgres_server import running_server

_REVOCATIONS = 200
_UNHEARD_WITHIN_SECONDS = 20.0
_ANOTHER_REVOCATION = """
    INSERT INTO gate.revocation (payload_sha256, reason) VALUES ('sha256:' || repeat('9', 64), 'it hangs')
"""
_EVERYTHING_ELSE = """
    SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
    WHERE schemaname IN ('gate', 'audit', 'trading', 'reference') AND tablename <> 'revocation'
"""


async def run() -> None:
    server = running_server()
    url = await asyncio.to_thread(server.__enter__)
    try:
        async with open_revoking_desk(url, strategies=_REVOCATIONS) as desk:
            await _heard(desk)
            await _hung(desk)
        async with open_revoking_desk(url, strategies=_REVOCATIONS) as desk:
            await _unheard(desk)
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


async def _heard(desk: RevokingDesk) -> None:
    async with notifications(desk.url) as heard, desk.trading() as trader:
        loading = [await _seconds(trader) for _ in range(20)]
        stopped, bare = [], []
        for artifact in desk.artifacts:
            began = time.perf_counter()
            stopped.append(await desk.seconds_to_stop(trader, artifact))
            bare.append(heard[artifact.payload_sha256] - began)
    times = sorted(stopped)[_REVOCATIONS // 2] / sorted(bare)[_REVOCATIONS // 2]
    print(f"loading again   {quantiles_ms(loading)} for {_REVOCATIONS} strategies")
    print(f"revocation      {quantiles_ms(stopped)} until the trader stops   (p99 to stay under 1 s)")
    print(f"bare NOTIFY     {quantiles_ms(bare)}   (the trader stops after {times:.1f} x)")


async def _unheard(desk: RevokingDesk) -> None:
    sql = await asyncpg.connect(desk.url)
    await sql.execute("DROP TRIGGER revocation_told ON gate.revocation")
    await sql.close()
    # At moments that have nothing to do with those at which the trader looks.
    moments = [random.uniform(0, _UNHEARD_WITHIN_SECONDS) for _ in desk.artifacts]
    async with desk.trading() as trader:

        async def stopped_later(number: int) -> float:
            await asyncio.sleep(moments[number])
            return await desk.seconds_to_stop(trader, desk.artifacts[number])

        stopped = await asyncio.gather(*map(stopped_later, range(_REVOCATIONS)))
    print(f"without NOTIFY  {quantiles_ms(stopped)} until the trader stops   (p99 to stay under 1 s)")


async def _hung(desk: RevokingDesk) -> None:
    async with _hanging_transactions(desk.url):
        commits = []
        for artifact in desk.artifacts:
            began = time.perf_counter()
            await desk.revoke(artifact)
            commits.append(time.perf_counter() - began)
    print(f"its commit      {quantiles_ms(commits)} while all else is locked   (to stay under 100 ms)")


@asynccontextmanager
async def _hanging_transactions(url: str) -> AsyncIterator[None]:
    """One that has another revocation to commit, and one that has locked every other table and the chain."""
    revoking, locking = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        await revoking.execute("BEGIN")
        await revoking.execute(_ANOTHER_REVOCATION)
        await locking.execute("BEGIN")
        tables = await locking.fetchval(_EVERYTHING_ELSE)
        await locking.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        revoking.terminate()
        locking.terminate()


async def _seconds(trader: RunningArtifacts) -> float:
    began = time.perf_counter()
    await trader.reload()
    return time.perf_counter() - began
