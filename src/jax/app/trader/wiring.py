"""The one place that says which adapters the trader runs on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from jax.adapters.brokers.bridge.bridge_client import open_bridge_client
from jax.adapters.brokers.paper.broker import InstrumentOf, open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.gate_files.snapshot_memory_file import SnapshotMemoryFile
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.event_bus import PostgresEventBus
from jax.adapters.postgres.trader_lock import trader_lock
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.kill_file import KillFile
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.console import DISTRIBUTION
from jax.app.database_wiring import open_database
from jax.app.gate_wiring import trust_source
from jax.app.trader.assembly import ListeningBroker, Surroundings, trader_at_work
from jax.app.trader.feed_wiring import open_feed
from jax.app.trader.settings import TraderSettings
from jax.app.trader.shadow_wiring import open_shadow
from jax.app.trader.taking_over import LONGEST_WAIT_FOR_A_LOCK_SECONDS
from jax.app.trader.trader import Trader, TraderFacts
from jax.domain.instrument import Instrument
from jax.ports.clock import Clock
from jax.ports.errors import Unavailable


@asynccontextmanager
async def open_trader(home: Path, settings: TraderSettings) -> AsyncIterator[Trader]:
    """The trader on `home`, at work until the block ends.

    CommandFailed, Unavailable or Conflict (a second trader) say why there is none.
    """
    facts = TraderFacts(
        version=version(DISTRIBUTION),
        boot_id=UuidIdSource().new_id(),
        account=settings.BROKER_ACCOUNT,
        mode=settings.MODE,
        execution_enabled=settings.EXECUTION_ENABLED,
        takes_bars_of_any_age=settings.takes_bars_of_any_age,
    )
    if settings.is_shadow:
        async with open_shadow(home, settings, facts) as shadow:
            yield shadow
        return
    async with (
        # Whatever the login may do, the trader cannot write to the gate.
        open_database(
            home,
            settings.database_url,
            role="jax_trader",
            lock_timeout_seconds=LONGEST_WAIT_FOR_A_LOCK_SECONDS,
        ) as database,
        _surroundings(home, database, settings, facts) as around,
        trader_at_work(around, settings, facts) as trader,
    ):
        yield trader


@asynccontextmanager
async def _surroundings(
    home: Path, database: PostgresDatabase, settings: TraderSettings, facts: TraderFacts
) -> AsyncIterator[Surroundings]:
    unit_of_work, clock = PostgresUnitOfWork(database), SystemClock()

    async def instrument_of(symbol: str) -> Instrument:
        async with unit_of_work.begin() as transaction:
            return await transaction.reference.instrument(symbol)

    async with (
        trader_lock(database, facts.account) as lock,
        _broker(home, settings, facts, clock=clock, instrument_of=instrument_of) as broker,
        open_feed(settings, clock) as feed,
    ):
        yield Surroundings(
            unit_of_work=unit_of_work,
            event_bus=PostgresEventBus(database),
            object_store=LocalObjectStore(home / "objects"),
            broker=broker,
            clock=clock,
            lock=lock,
            trust=trust_source(home),
            memory=SnapshotMemoryFile(home / "gate" / "seen.json"),
            kill_switch=KillFile(home / "KILL"),
            feed=feed,
        )


@asynccontextmanager
async def _broker(
    home: Path, settings: TraderSettings, facts: TraderFacts, *, clock: Clock, instrument_of: InstrumentOf
) -> AsyncIterator[ListeningBroker]:
    """The paper venue in this process, or whatever the bridge stands in front of."""
    if settings.BROKER == "paper":
        books = home / "paper-broker.sqlite3"
        account = PaperAccount(account=facts.account)
        async with open_paper_broker(books, account, clock=clock, instrument_of=instrument_of) as paper:
            yield paper
        return
    async with open_bridge_client(
        settings.IB_BRIDGE_URL,
        boot_id=facts.boot_id,
        token=settings.bridge_token,
        instrument_of=instrument_of,
    ) as client:
        try:
            await client.meet(facts.account)
        except Unavailable as error:
            raise Unavailable(f"{error}, or unset BROKER to trade on paper") from error
        yield client
