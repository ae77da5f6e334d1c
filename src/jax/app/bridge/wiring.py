"""The one place that says which adapters the bridge runs on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from jax.adapters.brokers.paper.broker import open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.sqlite_bridge_book.sqlite_bridge_book import open_bridge_book
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.bridge.bridge import Bridge, BridgeFacts
from jax.app.bridge.paper_market import PaperMarket
from jax.app.bridge.settings import BridgeSettings
from jax.app.console import DISTRIBUTION
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.clock import Clock


@asynccontextmanager
async def open_bridge(
    home: Path, settings: BridgeSettings, clock: Clock | None = None
) -> AsyncIterator[Bridge]:
    """The bridge on `home` in front of the paper venue, until the block ends.

    Unavailable or Conflict (another bridge on this home) say why there is none.
    """
    clock, ids, market = clock or SystemClock(), UuidIdSource(), PaperMarket()
    account = PaperAccount(
        starting_cash=settings.PAPER_STARTING_CASH,
        commission_bps=settings.PAPER_COMMISSION_BPS,
        volume_fraction=settings.PAPER_VOLUME_FRACTION,
    )
    folder = home / "bridge"
    folder.mkdir(mode=0o700, exist_ok=True)
    async with (
        # The book first: whoever has it is the only bridge here.
        open_bridge_book(folder / "book.sqlite3") as book,
        open_paper_broker(
            folder / "paper-venue.sqlite3", account, clock=clock, instrument_of=market.instrument_of
        ) as venue,
    ):
        market.learn(await venue.instruments())
        # The paper venue takes as many messages as there are.
        limits = BridgeLimits(notional_per_minute=settings.BRIDGE_MAX_NOTIONAL_PER_MINUTE)
        desk = BridgeDesk(venue, book, clock, limits)
        await desk.start()
        await desk.copy_journal(venue)
        facts = BridgeFacts(
            version=version(DISTRIBUTION),
            boot_id=ids.new_id(),
            backend=settings.BRIDGE_BACKEND,
            account=account.account,
            started_ns=clock.monotonic_ns(),
        )
        try:
            yield Bridge(facts, desk, venue, market, clock, ids)
        finally:
            await desk.close()
