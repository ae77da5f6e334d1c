"""What executing a signal costs on a real Postgres, beside two bare durable commits in the same run."""

import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import asyncpg

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.risk_decision import Denied
from tests.bench import recovery
from tests.bench.own_database import own_database
from tests.bench.stopwatch import quantiles_ms
from tests.desk import LIMITS, approved_signal
from tests.floor import open_floor

_SIGNALS = 100
_ONE_SHARE_AT_A_TIME = replace(
    LIMITS,
    sizing=replace(LIMITS.sizing, max_order_notional=Decimal(200)),
    max_quote_age_seconds=None,
    max_daily_risk=Decimal(1_000_000),
)


async def run() -> None:
    async with own_database() as url:
        floor_seconds = await _two_commits(url)
        seconds = await _executes(url)
    ratio = sorted(seconds)[_SIGNALS // 2] / sorted(floor_seconds)[_SIGNALS // 2]
    print(f"execution       {quantiles_ms(seconds)}   ({ratio:.1f} x two bare commits)")
    print(f"two commits     {quantiles_ms(floor_seconds)}")


async def _two_commits(url: str) -> list[float]:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE bench (n int)")
    seconds = []
    for number in range(_SIGNALS):
        started = time.perf_counter()
        for _ in range(2):
            await connection.execute("INSERT INTO bench VALUES ($1)", number)
        seconds.append(time.perf_counter() - started)
    await connection.close()
    return seconds


async def _executes(url: str) -> list[float]:
    database = PostgresDatabase(url)
    try:
        async with open_floor(PostgresUnitOfWork(database)) as floor:
            engine, seconds = floor.engine(limits=_ONE_SHARE_AT_A_TIME), []
            for number in range(_SIGNALS):
                # So that the limit of orders a minute is not what is measured.
                floor.desk.clock.advance(timedelta(seconds=20))
                signal = await approved_signal(floor.desk, floor.artifact, signal_id=f"bench{number}")
                started = time.perf_counter()
                outcome = await engine.execute(signal.signal_id, approved_by="olivia")
                seconds.append(time.perf_counter() - started)
                assert not isinstance(outcome, Denied), outcome.detail
            await recovery.measure(floor, url, PostgresUnitOfWork(database))
            return seconds
    finally:
        await database.close()
