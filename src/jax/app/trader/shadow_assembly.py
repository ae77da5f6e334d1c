"""Puts the use cases of a trader together that decides and places nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jax.app.trader.engine import Engine
from jax.app.trader.executions import Executions
from jax.app.trader.market_following import following
from jax.app.trader.settings import TraderSettings
from jax.app.trader.taking_over import Ground, take_over
from jax.app.trader.trader import Trader, TraderFacts
from jax.modules.execution.decide_only import DecideOnly
from jax.ports.account_view import AccountView


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowSurroundings(Ground):
    """What a shadow stands on: of the broker it has a view."""

    view: AccountView


@asynccontextmanager
async def shadow_at_work(
    around: ShadowSurroundings, settings: TraderSettings, facts: TraderFacts
) -> AsyncIterator[Trader]:
    """The account's only shadow from now on, at work until the block ends; PortError when it cannot be."""
    # Nobody listens: the market of others is not moved by the bars that are heard here.
    taken = await take_over(around, settings, facts)
    gate, artifacts = taken.gate, taken.artifacts
    decide_only = DecideOnly(taken.books, around.view, around.clock, taken.trading, artifacts.that_may_enter)
    executions = Executions(decide_only.execute)
    parts = taken.parts(around.view, executions, None)
    jobs = taken.run_job(executions)
    engine = Engine(gate, artifacts, None, None, taken.report, around.event_bus, around.lock, jobs)
    async with engine.running(), following(taken.market, gate):
        trader = Trader(parts, facts)
        try:
            yield trader
        finally:
            await trader.finish_executions()
