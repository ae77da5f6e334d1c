"""Puts the use cases on whatever the wiring has opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from jax.app.trader.account_desk import AccountDesk, AccountUseCases
from jax.app.trader.engine import Engine, EngineJob
from jax.app.trader.executions import Executions
from jax.app.trader.market_following import following
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.settings import TraderSettings
from jax.app.trader.taking_over import Ground, TakenOver, take_over
from jax.app.trader.trader import Trader, TraderFacts
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.cancel_entries import CancelEntries
from jax.modules.execution.cancel_order import CancelOrder
from jax.modules.execution.close_positions import ClosePositions
from jax.modules.execution.compare_books import CompareBooks
from jax.modules.execution.control_account import ControlAccount
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.execution.follow_events import FollowEvents
from jax.modules.execution.open_sessions import OpenSessions
from jax.modules.execution.protect_positions import ProtectPositions
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.record_order import TradingAccount
from jax.modules.execution.watch_account import WatchAccount
from jax.ports.bar_listener import BarListener
from jax.ports.broker import Broker

_EVENTS_EVERY_SECONDS = 0.25
_BOOKS_EVERY_SECONDS = 30.0
_PROTECT_EVERY_SECONDS = 1.0
_WATCH_EVERY_SECONDS = 1.0


class ListeningBroker(Broker, BarListener, Protocol):
    """A broker that quotes from the bars it hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings(Ground):
    """What a trader stands on that places orders."""

    broker: ListeningBroker


@asynccontextmanager
async def trader_at_work(
    around: Surroundings, settings: TraderSettings, facts: TraderFacts
) -> AsyncIterator[Trader]:
    """The account's only trader from now on, at work until the block ends; PortError when it cannot be."""
    broker, account, enabled = around.broker, facts.account, settings.EXECUTION_ENABLED
    floor = (await broker_answer(broker.status(account))).epoch
    taken = await take_over(around, settings, facts, listeners=[broker], floor=floor)
    # A crash between storing bars and telling the broker would leave it with older quotes.
    await taken.receive_bars.tell_newest()
    trading, gate, artifacts = taken.trading, taken.gate, taken.artifacts
    at = BrokerAccount(
        taken.books, broker, around.clock, account, trading.epoch, enabled, around.kill_switch.reasons
    )
    # Whatever an older trader still has on its way is refused from now on.
    await broker_answer(broker.raise_epoch(account, trading.epoch))
    use_cases = AccountUseCases(
        control=ControlAccount(at, around.kill_switch),
        cancel=CancelOrder(at),
        positions=ClosePositions(at),
        books=CompareBooks(at),
        watch=WatchAccount(at),
    )
    # Whoever executes first would wait for it.
    async with taken.books.begin() as transaction:
        await taken.books.book(transaction)
    executions = _executions(at, trading, artifacts)
    parts = taken.parts(broker, executions, AccountDesk(at, use_cases, trading.limits))
    reconcile = ReconcileOrders(
        unit_of_work=at.unit_of_work, broker=broker, clock=at.clock, account=account, epoch=at.epoch
    )
    cancel = CancelEntries(
        unit_of_work=at.unit_of_work,
        broker=broker,
        clock=at.clock,
        trading=trading,
        loaded=artifacts.ids_by_hash,
    )
    jobs = (*_jobs(at, use_cases, reconcile, taken), *taken.run_job(executions))
    engine = Engine(gate, artifacts, cancel, reconcile, taken.report, around.event_bus, around.lock, jobs)
    async with engine.running(), following(taken.market, gate):
        trader = Trader(parts, facts)
        try:
            yield trader
        finally:
            await trader.finish_executions()


def _jobs(
    at: BrokerAccount, use_cases: AccountUseCases, reconcile: ReconcileOrders, taken: TakenOver
) -> tuple[EngineJob, ...]:
    books, watch = use_cases.books, use_cases.watch
    protect = ProtectPositions(at, unprotected_limit=taken.settings.unprotected_limit)
    sessions = OpenSessions(at, taken.artifacts.symbols)
    return (
        EngineJob("hearing the broker", FollowEvents(at).run_once, _EVENTS_EVERY_SECONDS),
        EngineJob("comparing the books", lambda: compared(books, reconcile), _BOOKS_EVERY_SECONDS),
        EngineJob("keeping the kill switch", use_cases.control.keep_killed, _WATCH_EVERY_SECONDS),
        EngineJob("protecting positions", protect.run_once, _PROTECT_EVERY_SECONDS),
        EngineJob("watching the account", watch.run_once, _WATCH_EVERY_SECONDS),
        EngineJob("opening sessions", sessions.run_once, _WATCH_EVERY_SECONDS),
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


async def compared(books: CompareBooks, reconcile: ReconcileOrders) -> None:
    """Looks again at once when something differs: what has just been filled is booked first."""
    await books.run_once()
    if books.suspects:
        await reconcile.run_once()
        await reconcile.look_back()
        await books.run_once()
