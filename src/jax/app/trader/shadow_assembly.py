"""Puts the use cases of a trader together that decides and places nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jax.app.trader.assembly import Ground, market_of, run_job
from jax.app.trader.engine import Engine
from jax.app.trader.executions import Executions
from jax.app.trader.market_following import following
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.running_report import RunningReport
from jax.app.trader.sending_gate import SendingGate
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import Trader, TraderFacts, TraderParts
from jax.modules.artifacts.load_artifacts import LoadArtifacts, LoaderParts
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.decide_only import DecideOnly
from jax.modules.execution.record_order import TradingAccount
from jax.modules.signals.decide_signal import DecideSignal
from jax.modules.signals.list_signals import ListSignals
from jax.modules.signals.receive_bars import ReceiveBars
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
    unit_of_work, clock, account = around.unit_of_work, around.clock, facts.account
    async with unit_of_work.begin() as transaction:
        epoch = await transaction.orders.raise_epoch(account)
    # Nobody listens: the market of others is not moved by the bars that are heard here.
    receive_bars = ReceiveBars(unit_of_work=unit_of_work, clock=clock, listeners=[])
    load = LoadArtifacts(
        LoaderParts(unit_of_work, around.object_store, clock, trust=around.trust, memory=around.memory)
    )
    artifacts = RunningArtifacts(load_artifacts=load, receive_bars=receive_bars, clock=clock)
    report = RunningReport(
        unit_of_work=unit_of_work, clock=clock, boot_id=facts.boot_id, account=account, artifacts=artifacts
    )
    # Deciding is all that the gate lets through here.
    gate = SendingGate(execution_enabled=True)
    limits = settings.risk_limits()
    trading = TradingAccount(account, epoch, limits, settings.order_type, around.kill_switch.reasons)
    books = BookedUnitOfWork(unit_of_work, account, clock=clock, orders_kept_for=limits.orders_looked_back)
    decide_only = DecideOnly(books, around.view, clock, trading, artifacts.that_may_enter)
    executions = Executions(decide_only.execute)
    market = market_of(around, receive_bars, artifacts, settings)
    parts = TraderParts(
        unit_of_work=unit_of_work,
        clock=clock,
        broker=around.view,
        gate=gate,
        artifacts=artifacts,
        report=report,
        receive_bars=receive_bars,
        decide_signal=DecideSignal(unit_of_work=unit_of_work, clock=clock),
        list_signals=ListSignals(unit_of_work=unit_of_work),
        executions=executions,
        account=None,
        market=market,
    )
    jobs = run_job(around, gate, executions, artifacts, settings)
    engine = Engine(gate, artifacts, None, None, report, around.event_bus, around.lock, jobs)
    async with engine.running(), following(market, gate):
        trader = Trader(parts, facts)
        try:
            yield trader
        finally:
            await trader.finish_executions()
