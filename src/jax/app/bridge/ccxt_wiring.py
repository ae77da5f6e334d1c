"""The bridge in front of a venue of ccxt."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from jax.adapters.brokers.ccxt.exchange_line import Credentials
from jax.adapters.brokers.ccxt.open_venue import CcxtAccount, open_ccxt_venue, updates_of
from jax.adapters.brokers.ccxt.sending_limits import SendingLimits
from jax.app.bridge.backend import Backend
from jax.app.bridge.ccxt_settings import parse_symbols
from jax.app.bridge.paper_market import PaperMarket
from jax.app.bridge.settings import BridgeSettings
from jax.app.console import CommandFailed
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.fill import Fill
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
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


@asynccontextmanager
async def open_ccxt(
    folder: Path, settings: BridgeSettings, clock: Clock, market: PaperMarket
) -> AsyncIterator[Backend]:
    """The exchange that the settings name, with its file in `folder`; CommandFailed or Unavailable."""
    limits = BridgeLimits(
        notional_per_minute=settings.BRIDGE_MAX_NOTIONAL_PER_MINUTE,
        places_per_second=_MESSAGES_PER_SECOND,
        cancels_per_second=_MESSAGES_PER_SECOND,
    )
    try:
        account = _account(settings)
        path = folder / f"{account.exchange}-orders.sqlite3"
        async with open_ccxt_venue(path, account, clock=clock) as venue, AsyncExitStack() as updates:

            async def begin(desk: BridgeDesk) -> None:
                await updates.enter_async_context(updates_of(venue, account, desk.hear, clock=clock))

            name, effects = f"ccxt {venue.name}", _side_effects(account.limits)
            yield Backend(name, venue, RealMarket(), venue.name, limits, begin, side_effects=effects)
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
