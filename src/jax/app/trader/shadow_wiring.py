"""The adapters of a trader that places nothing: none of them can."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jax.adapters.brokers.bridge.bridge_reader import open_bridge_reader
from jax.adapters.gate_files.snapshot_memory_file import SnapshotMemoryFile
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.postgres.event_bus import PostgresEventBus
from jax.adapters.postgres.trader_lock import trader_lock
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.kill_file import KillFile
from jax.adapters.system.system_clock import SystemClock
from jax.app.database_wiring import open_database
from jax.app.gate_wiring import trust_source
from jax.app.trader.feed_wiring import open_feed
from jax.app.trader.settings import TraderSettings
from jax.app.trader.shadow_assembly import ShadowSurroundings, shadow_at_work
from jax.app.trader.taking_over import LONGEST_WAIT_FOR_A_LOCK_SECONDS
from jax.app.trader.trader import Trader, TraderFacts


@asynccontextmanager
async def open_shadow(home: Path, settings: TraderSettings, facts: TraderFacts) -> AsyncIterator[Trader]:
    """The shadow on `home`, at work until the block ends.

    CommandFailed, Unavailable or Conflict (a second shadow) say why there is none.
    """
    clock = SystemClock()
    async with (
        # Whatever the login may do, the shadow cannot write what a trader of record writes.
        open_database(
            home,
            settings.database_url,
            role="jax_shadow",
            lock_timeout_seconds=LONGEST_WAIT_FOR_A_LOCK_SECONDS,
        ) as database,
        # Not the account's own: that one is for whoever places its orders.
        trader_lock(database, f"shadow of {facts.account}") as lock,
        open_bridge_reader(settings.IB_BRIDGE_URL, token=settings.bridge_token) as view,
        open_feed(settings, clock) as feed,
    ):
        await view.meet(facts.account)
        around = ShadowSurroundings(
            unit_of_work=PostgresUnitOfWork(database, in_shadow=True),
            event_bus=PostgresEventBus(database),
            object_store=LocalObjectStore(home / "objects"),
            view=view,
            clock=clock,
            lock=lock,
            trust=trust_source(home),
            memory=SnapshotMemoryFile(home / "gate" / "seen-by-shadow.json"),
            kill_switch=KillFile(home / "KILL"),
            feed=feed,
        )
        async with shadow_at_work(around, settings, facts) as trader:
            yield trader
