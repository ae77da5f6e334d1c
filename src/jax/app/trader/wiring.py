"""Puts the trader together: the one place that says which adapters it runs on."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from jax.adapters.brokers.paper.broker import open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.postgres.event_bus import PostgresEventBus
from jax.adapters.postgres.trader_lock import trader_lock
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.console import DISTRIBUTION
from jax.app.database_wiring import open_database
from jax.app.trader.engine import Engine
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.sending_gate import SendingGate
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import Trader, TraderFacts, TraderParts
from jax.domain.instrument import Instrument
from jax.modules.artifacts.load_artifacts import LoadArtifacts
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.record_order import TradingAccount
from jax.modules.signals.decide_signal import DecideSignal
from jax.modules.signals.receive_bars import ReceiveBars

# An artifact trades only with a TECHNICAL and a RISK approval by two different people.
POLICY = "two-person"


@asynccontextmanager
async def open_trader(home: Path, settings: TraderSettings) -> AsyncIterator[Trader]:
    """The trader on `home`, at work until the block ends.

    CommandFailed, Unavailable or Conflict (a second trader) say why there is none.
    """
    clock, boot_id, paper = SystemClock(), UuidIdSource().new_id(), PaperAccount()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(home, settings.database_url))
        lock = await stack.enter_async_context(trader_lock(database, paper.account))
        unit_of_work = PostgresUnitOfWork(database)

        async def instrument_of(symbol: str) -> Instrument:
            async with unit_of_work.begin() as transaction:
                return await transaction.reference.instrument(symbol)

        books = home / "paper-broker.sqlite3"
        broker = await stack.enter_async_context(
            open_paper_broker(books, paper, clock=clock, instrument_of=instrument_of)
        )
        async with unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(paper.account)
        trading = TradingAccount(paper.account, epoch, settings.risk_limits(), settings.order_type)
        receive_bars = ReceiveBars(unit_of_work=unit_of_work, clock=clock, listeners=[broker])
        await receive_bars.tell_newest()
        artifacts = RunningArtifacts(
            load_artifacts=LoadArtifacts(
                unit_of_work=unit_of_work, object_store=LocalObjectStore(home / "objects"), clock=clock
            ),
            receive_bars=receive_bars,
        )
        gate = SendingGate(execution_enabled=settings.EXECUTION_ENABLED)
        parts = TraderParts(
            unit_of_work=unit_of_work,
            clock=clock,
            broker=broker,
            gate=gate,
            artifacts=artifacts,
            receive_bars=receive_bars,
            decide_signal=DecideSignal(unit_of_work=unit_of_work, clock=clock),
            execute_signal=ExecuteSignal(
                unit_of_work=unit_of_work,
                broker=broker,
                clock=clock,
                trading=trading,
                loaded=artifacts.ids_by_hash,
            ),
        )
        facts = TraderFacts(
            version(DISTRIBUTION), boot_id, paper.account, settings.MODE, POLICY, settings.EXECUTION_ENABLED
        )
        reconcile = ReconcileOrders(
            unit_of_work=unit_of_work, broker=broker, clock=clock, account=paper.account
        )
        engine = Engine(gate, artifacts, reconcile, PostgresEventBus(database), lock)
        await stack.enter_async_context(engine.running())
        trader = Trader(parts, facts)
        stack.push_async_callback(trader.finish_executions)
        yield trader
