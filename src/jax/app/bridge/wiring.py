"""The one place that says which adapters the bridge runs on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from random import Random

from jax.adapters.brokers.paper.broker import PaperBroker, open_paper_broker
from jax.adapters.brokers.paper.faults import Faults, FaultyVenue
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.sqlite_bridge_book.sqlite_bridge_book import open_bridge_book
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.bridge.bridge import Bridge, BridgeFacts
from jax.app.bridge.ccxt_wiring import open_ccxt_bridge
from jax.app.bridge.paper_market import PaperMarket
from jax.app.bridge.settings import BridgeSettings, parse_faults
from jax.app.console import DISTRIBUTION, CommandFailed
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.broker import Venue
from jax.ports.clock import Clock


@asynccontextmanager
async def open_bridge(
    home: Path, settings: BridgeSettings, clock: Clock | None = None
) -> AsyncIterator[Bridge]:
    """The bridge on `home` in front of its venue, until the block ends.

    Unavailable or Conflict (another bridge on this home) say why there is none.
    """
    if settings.BRIDGE_BACKEND == "ccxt":
        async with open_ccxt_bridge(home, settings, clock or SystemClock()) as bridge:
            yield bridge
        return
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
        desk = BridgeDesk(_venue_of(venue, settings, clock), book, clock, limits)
        await desk.start()
        await desk.copy_journal(venue)
        facts = BridgeFacts(
            version=version(DISTRIBUTION),
            boot_id=ids.new_id(),
            backend=settings.BRIDGE_BACKEND,
            account=account.account,
            started_ns=clock.monotonic_ns(),
            faults=settings.PAPER_FAULTS,
        )
        try:
            yield Bridge(facts, desk, venue, market, clock, ids)
        finally:
            await desk.close()


def _venue_of(paper: PaperBroker, settings: BridgeSettings, clock: Clock) -> Venue:
    """The paper venue, or one that lies about it."""
    if settings.PAPER_FAULTS is None:
        return paper
    seed, rates = parse_faults(settings.PAPER_FAULTS)
    if unknown := sorted(rates.keys() - {field.name for field in fields(Faults)}):
        raise CommandFailed(f"PAPER_FAULTS names {', '.join(unknown)}, which is no fault; see docs/bridge.md")
    return FaultyVenue(paper, Faults(**rates), dice=Random(seed), clock=clock)  # noqa: S311 - faults, no secrets
