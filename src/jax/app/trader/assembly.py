"""Puts the use cases on whatever the wiring has opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from jax.app.trader.account_desk import AccountDesk, AccountUseCases
from jax.app.trader.engine import Engine, EngineJob, LivenessLock
from jax.app.trader.executions import Executions
from jax.app.trader.market_following import LoggedBars, following
from jax.app.trader.run_loop import RunLoop
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.running_report import RunningReport
from jax.app.trader.sending_gate import SendingGate
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import Trader, TraderFacts, TraderParts
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.load_artifacts import LoadArtifacts, LoaderParts
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.cancel_entries import CancelEntries
from jax.modules.execution.cancel_order import CancelOrder
from jax.modules.execution.close_positions import ClosePositions
from jax.modules.execution.compare_books import CompareBooks
from jax.modules.execution.control_account import ControlAccount
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.execution.follow_events import FollowEvents
from jax.modules.execution.protect_positions import ProtectPositions
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.record_order import TradingAccount
from jax.modules.execution.watch_account import WatchAccount
from jax.modules.signals.decide_signal import DecideSignal
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.list_signals import ListSignals
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.bar_listener import BarListener
from jax.ports.broker import Broker
from jax.ports.clock import Clock
from jax.ports.event_bus import EventBus
from jax.ports.kill_switch import KillSwitch
from jax.ports.market_feed import MarketFeed
from jax.ports.object_store import ObjectStore
from jax.ports.snapshot_memory import SnapshotMemory
from jax.ports.unit_of_work import UnitOfWork

_EVENTS_EVERY_SECONDS = 0.25
_BOOKS_EVERY_SECONDS = 30.0
_PROTECT_EVERY_SECONDS = 1.0
_WATCH_EVERY_SECONDS = 1.0


class ListeningBroker(Broker, BarListener, Protocol):
    """A broker that quotes from the bars it hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a trader stands on, whether or not it places what it decides."""

    unit_of_work: UnitOfWork
    event_bus: EventBus
    object_store: ObjectStore
    clock: Clock
    lock: LivenessLock
    trust: TrustSource
    memory: SnapshotMemory
    kill_switch: KillSwitch
    feed: MarketFeed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings(Ground):
    """What a trader stands on that places orders."""

    broker: ListeningBroker


@asynccontextmanager
async def trader_at_work(
    around: Surroundings, settings: TraderSettings, facts: TraderFacts
) -> AsyncIterator[Trader]:
    """The account's only trader from now on, at work until the block ends; PortError when it cannot be."""
    unit_of_work, broker, clock, account = around.unit_of_work, around.broker, around.clock, facts.account
    async with unit_of_work.begin() as transaction:
        epoch = await transaction.orders.raise_epoch(account)
    receive_bars = ReceiveBars(unit_of_work=unit_of_work, clock=clock, listeners=[broker])
    # A crash between storing bars and telling the broker would leave it with older quotes.
    await receive_bars.tell_newest()
    load = LoadArtifacts(
        LoaderParts(unit_of_work, around.object_store, clock, trust=around.trust, memory=around.memory)
    )
    artifacts = RunningArtifacts(load_artifacts=load, receive_bars=receive_bars, clock=clock)
    report = RunningReport(
        unit_of_work=unit_of_work, clock=clock, boot_id=facts.boot_id, account=account, artifacts=artifacts
    )
    gate = SendingGate(execution_enabled=settings.EXECUTION_ENABLED)
    limits = settings.risk_limits()
    trading = TradingAccount(account, epoch, limits, settings.order_type, around.kill_switch.reasons)
    books = BookedUnitOfWork(unit_of_work, account, clock=clock, orders_kept_for=limits.orders_looked_back)
    at = BrokerAccount(
        books, broker, clock, account, epoch, settings.EXECUTION_ENABLED, around.kill_switch.reasons
    )
    # Whatever an older trader still has on its way is refused from now on.
    await broker_answer(broker.raise_epoch(account, epoch))
    use_cases = AccountUseCases(
        control=ControlAccount(at, around.kill_switch),
        cancel=CancelOrder(at),
        positions=ClosePositions(at),
        books=CompareBooks(at),
        watch=WatchAccount(at),
    )
    executions = _executions(at, trading, artifacts)
    market = market_of(around, receive_bars, artifacts, settings)
    parts = TraderParts(
        unit_of_work=unit_of_work,
        clock=clock,
        broker=broker,
        gate=gate,
        artifacts=artifacts,
        report=report,
        receive_bars=receive_bars,
        decide_signal=DecideSignal(unit_of_work=unit_of_work, clock=clock),
        list_signals=ListSignals(unit_of_work=unit_of_work),
        executions=executions,
        account=AccountDesk(at, use_cases, limits),
        market=market,
    )
    reconcile = ReconcileOrders(unit_of_work=books, broker=broker, clock=clock, account=account, epoch=epoch)
    cancel_entries = CancelEntries(
        unit_of_work=books,
        broker=broker,
        clock=clock,
        trading=trading,
        loaded=artifacts.ids_by_hash,
    )
    jobs = (
        *_jobs(at, use_cases, reconcile, settings),
        *run_job(around, gate, executions, artifacts, settings),
    )
    engine = Engine(gate, artifacts, cancel_entries, reconcile, report, around.event_bus, around.lock, jobs)
    async with engine.running(), following(market, gate):
        trader = Trader(parts, facts)
        try:
            yield trader
        finally:
            await trader.finish_executions()


def _jobs(
    at: BrokerAccount, use_cases: AccountUseCases, reconcile: ReconcileOrders, settings: TraderSettings
) -> tuple[EngineJob, ...]:
    books, watch = use_cases.books, use_cases.watch
    protect = ProtectPositions(at, unprotected_limit=settings.unprotected_limit)
    return (
        EngineJob("hearing the broker", FollowEvents(at).run_once, _EVENTS_EVERY_SECONDS),
        EngineJob("comparing the books", lambda: _compared(books, reconcile), _BOOKS_EVERY_SECONDS),
        EngineJob("keeping the kill switch", use_cases.control.keep_killed, _WATCH_EVERY_SECONDS),
        EngineJob("protecting positions", protect.run_once, _PROTECT_EVERY_SECONDS),
        EngineJob("watching the account", watch.run_once, _WATCH_EVERY_SECONDS),
    )


def _executions(at: BrokerAccount, trading: TradingAccount, artifacts: RunningArtifacts) -> Executions:
    execute_signal = ExecuteSignal(
        unit_of_work=at.unit_of_work,
        broker=at.broker,
        clock=at.clock,
        trading=trading,
        loaded=artifacts.that_may_enter,
    )
    return Executions(execute_signal.execute)


def market_of(
    around: Ground, receive_bars: ReceiveBars, artifacts: RunningArtifacts, settings: TraderSettings
) -> FollowMarket | None:
    """What follows the feed, if there is one."""
    if around.feed is None:
        return None
    return FollowMarket(
        feed=around.feed,
        unit_of_work=around.unit_of_work,
        receive=LoggedBars(receive_bars),
        artifacts=lambda: artifacts.now.loaded,
        limits=settings.tick_limits,
    )


def run_job(
    around: Ground,
    gate: SendingGate,
    executions: Executions,
    artifacts: RunningArtifacts,
    settings: TraderSettings,
) -> tuple[EngineJob, ...]:
    """What executes approved signals by itself; nothing when that is left to requests."""
    every = float(settings.RUN_EVERY_SECONDS)
    if not every:
        return ()
    run_loop = RunLoop(
        unit_of_work=around.unit_of_work,
        clock=around.clock,
        gate=gate,
        executions=executions,
        loaded=artifacts.ids_by_hash,
    )
    return (EngineJob("running approved signals", run_loop.run_once, every, "signal"),)


async def _compared(books: CompareBooks, reconcile: ReconcileOrders) -> None:
    """Looks again at once when something differs: what has just been filled is booked first."""
    await books.run_once()
    if books.suspects:
        await reconcile.run_once()
        await reconcile.look_back()
        await books.run_once()
