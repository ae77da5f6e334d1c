"""The one place that says which adapters the bridge runs on."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
from jax.app.bridge.backend import Backend
from jax.app.bridge.bridge import Bridge, BridgeFacts
from jax.app.bridge.paper_market import PaperMarket
from jax.app.bridge.settings import BridgeSettings, parse_faults
from jax.app.console import DISTRIBUTION, CommandFailed
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.broker import Venue
from jax.ports.clock import Clock

Opener = Callable[[Path, BridgeSettings, Clock, PaperMarket], AbstractAsyncContextManager[Backend]]


@asynccontextmanager
async def open_bridge(
    home: Path, settings: BridgeSettings, clock: Clock | None = None
) -> AsyncIterator[Bridge]:
    """The bridge on `home` in front of its venue, until the block ends.

    Unavailable or Conflict (another bridge on this home) say why there is none.
    """
    clock, ids, market = clock or SystemClock(), UuidIdSource(), PaperMarket()
    folder = home / "bridge"
    folder.mkdir(mode=0o700, exist_ok=True)
    async with (
        # The book first: whoever has it is the only bridge here.
        open_bridge_book(folder / "book.sqlite3") as book,
        _opener(settings)(folder, settings, clock, market) as backend,
    ):
        desk = BridgeDesk(backend.venue, book, clock, backend.limits)
        await desk.start()
        await backend.begin(desk)
        facts = BridgeFacts(
            version=version(DISTRIBUTION),
            boot_id=ids.new_id(),
            backend=backend.name,
            account=backend.account,
            started_ns=clock.monotonic_ns(),
            faults=settings.PAPER_FAULTS if settings.BRIDGE_BACKEND == "paper" else None,
            side_effects=backend.side_effects,
        )
        try:
            yield Bridge(facts, desk, backend.listening, market, clock, ids, backend.journal)
        finally:
            await desk.close()


def _opener(settings: BridgeSettings) -> Opener:
    if settings.BRIDGE_BACKEND == "paper":
        return _open_paper
    try:
        if settings.BRIDGE_BACKEND == "ib":
            from jax.app.bridge.ib_wiring import open_ib

            return open_ib
        from jax.app.bridge.ccxt_wiring import open_ccxt
    except ModuleNotFoundError as error:
        if error.name not in {"ib_async", "ccxt"}:
            raise
        raise CommandFailed(
            f"BRIDGE_BACKEND={settings.BRIDGE_BACKEND} needs the extra "
            f"jax-trading-assistant[{settings.BRIDGE_BACKEND}], which is not installed; install it, or unset "
            "BRIDGE_BACKEND for the default paper"
        ) from error
    return open_ccxt


@asynccontextmanager
async def _open_paper(
    folder: Path, settings: BridgeSettings, clock: Clock, market: PaperMarket
) -> AsyncIterator[Backend]:
    account = PaperAccount(
        starting_cash=settings.PAPER_STARTING_CASH,
        commission_bps=settings.PAPER_COMMISSION_BPS,
        volume_fraction=settings.PAPER_VOLUME_FRACTION,
    )
    path = folder / "paper-venue.sqlite3"
    async with open_paper_broker(path, account, clock=clock, instrument_of=market.instrument_of) as venue:
        market.learn(await venue.instruments())

        async def begin(desk: BridgeDesk) -> None:
            await desk.copy_journal(venue)

        # The paper venue takes as many messages as there are.
        limits = BridgeLimits(notional_per_minute=settings.BRIDGE_MAX_NOTIONAL_PER_MINUTE)
        told = _venue_of(venue, settings, clock)
        yield Backend("paper", told, venue, account.account, limits, begin, journal=venue)


def _venue_of(paper: PaperBroker, settings: BridgeSettings, clock: Clock) -> Venue:
    """The paper venue, or one that lies about it."""
    if settings.PAPER_FAULTS is None:
        return paper
    seed, rates = parse_faults(settings.PAPER_FAULTS)
    if unknown := sorted(rates.keys() - {field.name for field in fields(Faults)}):
        raise CommandFailed(f"PAPER_FAULTS names {', '.join(unknown)}, which is no fault; see docs/bridge.md")
    return FaultyVenue(paper, Faults(**rates), dice=Random(seed), clock=clock)  # noqa: S311 - faults, no secrets
