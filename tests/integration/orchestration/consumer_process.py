"""Runs one request as jax-research does: `python -m ... DATABASE_URL`, agents by the environment."""

import asyncio
import sys

from jax.adapters.postgres.advice_store import PostgresAdviceStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.system.system_clock import SystemClock
from jax.app.research.agent_wiring import open_advising
from jax.app.research.settings import ResearchSettings
from jax.modules.orchestration.run_requests import RunRequests


async def consume(url: str) -> None:
    database = PostgresDatabase(url, role="jax_research")
    async with open_advising(ResearchSettings(), database) as advising:
        store = PostgresAdviceStore(database)
        run = await RunRequests(store=store, ports=advising, clock=SystemClock()).run_next()
    await database.close()
    sys.stdout.write(str(None if run is None else run.run_id))


if __name__ == "__main__":
    asyncio.run(consume(sys.argv[1]))
