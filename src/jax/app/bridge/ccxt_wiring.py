"""The bridge in front of a venue of ccxt."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from jax.adapters.brokers.ccxt.exchange_line import Credentials
from jax.adapters.brokers.ccxt.open_venue import CcxtAccount, open_ccxt_venue, updates_of
from jax.adapters.brokers.ccxt.sending_limits import SendingLimits
from jax.adapters.sqlite_bridge_book.sqlite_bridge_book import open_bridge_book
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.bridge.bridge import Bridge, BridgeFacts
from jax.app.bridge.ccxt_settings import parse_symbols
from jax.app.bridge.paper_market import PaperMarket
from jax.app.bridge.settings import BridgeSettings
from jax.app.console import DISTRIBUTION, CommandFailed
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.fill import Fill
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.broker import BrokerEvent
from jax.ports.clock import Clock
from jax.ports.errors import Refused

# Below what any venue allows; a burst beyond it would end in a ban.
_MESSAGES_PER_SECOND = 5


class RealMarket:
    """A market that no bar of ours moves: bars are kept for whoever asks for candles."""

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        """Nothing."""

    async def executions(self, account: str, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Fill]]:
        """Refused: the venue numbers no executions over all its markets."""
        raise Refused(
            f"executions of {account} are told with their orders: GET /api/v1/orders/{{client_order_id}}",
            code="EXECUTIONS_BY_ORDER",
        )

    async def events(self, *, after: int, limit: int = 1000) -> Sequence[BrokerEvent]:
        """None: the desk is told of each as it comes."""
        return []


@asynccontextmanager
async def open_ccxt_bridge(home: Path, settings: BridgeSettings, clock: Clock) -> AsyncIterator[Bridge]:
    """The bridge on `home` in front of the exchange that the settings name, until the block ends.

    CommandFailed, Unavailable or Conflict (another bridge on this home) say why there is none.
    """
    account, ids = _account(settings), UuidIdSource()
    folder = home / "bridge"
    folder.mkdir(mode=0o700, exist_ok=True)
    limits = BridgeLimits(
        notional_per_minute=settings.BRIDGE_MAX_NOTIONAL_PER_MINUTE,
        places_per_second=_MESSAGES_PER_SECOND,
        cancels_per_second=_MESSAGES_PER_SECOND,
    )
    try:
        async with (
            # The book first: whoever has it is the only bridge here.
            open_bridge_book(folder / "book.sqlite3") as book,
            open_ccxt_venue(folder / f"{account.exchange}-orders.sqlite3", account, clock=clock) as venue,
        ):
            desk = BridgeDesk(venue, book, clock, limits)
            await desk.start()
            facts = BridgeFacts(
                version=version(DISTRIBUTION),
                boot_id=ids.new_id(),
                backend=f"ccxt {venue.name}",
                account=venue.name,
                started_ns=clock.monotonic_ns(),
                side_effects=_side_effects(account.limits),
            )
            try:
                async with updates_of(venue, account, desk.hear, clock=clock):
                    yield Bridge(facts, desk, RealMarket(), PaperMarket(), clock, ids)
            finally:
                await desk.close()
    except InvalidValue as error:
        raise CommandFailed(str(error)) from None


def _account(settings: BridgeSettings) -> CcxtAccount:
    settings.check_ccxt()
    key, secret = settings.CCXT_API_KEY, settings.CCXT_SECRET
    return CcxtAccount(
        exchange=settings.CCXT_EXCHANGE or "",
        credentials=Credentials(
            key.get_secret_value() if key else "", secret.get_secret_value() if secret else ""
        ),
        symbols=parse_symbols(settings.CCXT_SYMBOLS or ""),
        limits=SendingLimits(is_live=settings.CCXT_LIVE, most_notional=settings.CCXT_MAX_ORDER_NOTIONAL),
        url=settings.CCXT_URL,
    )


def _side_effects(limits: SendingLimits) -> str:
    if not limits.is_live:
        return "READ ONLY, sends no orders (CCXT_LIVE is not set)"
    return f"LIVE, real orders of at most {limits.most_notional:f} in quote currency"
