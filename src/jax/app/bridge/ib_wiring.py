"""The bridge in front of Interactive Brokers; importing this file needs the extra `ib`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from jax.adapters.brokers.ib.gateway import Gateway, Patience
from jax.adapters.brokers.ib.venue import IbParts, open_ib_venue
from jax.app.bridge.backend import Backend
from jax.app.bridge.paper_market import PaperMarket
from jax.app.bridge.settings import BridgeSettings
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.modules.bridge.pacing import MessageLane
from jax.ports.clock import Clock
from jax.ports.errors import PortError

# The gateway takes 50 messages a second, and disconnects whoever sends more; together these are 45.
_PLACES_PER_SECOND = 20
_CANCELS_PER_SECOND = 10
_QUESTIONS_PER_SECOND = 15
# A gateway that is away does not keep the bridge from starting: it says so, and goes on trying.
_MEETS_WITHIN_SECONDS = 10.0


@asynccontextmanager
async def open_ib(
    folder: Path, settings: BridgeSettings, clock: Clock, market: PaperMarket
) -> AsyncIterator[Backend]:
    """The venue whose file is in `folder`, met if that was possible within ten seconds."""
    account = settings.ib_account
    limits = BridgeLimits(
        notional_per_minute=settings.BRIDGE_MAX_NOTIONAL_PER_MINUTE,
        places_per_second=_PLACES_PER_SECOND,
        cancels_per_second=_CANCELS_PER_SECOND,
    )
    parts = IbParts(
        gateway=Gateway(settings.IB_GATEWAY_HOST, settings.IB_GATEWAY_PORT, account, settings.IB_CLIENT_ID),
        clock=clock,
        instrument_of=market.instrument_of,
        turn=MessageLane(_QUESTIONS_PER_SECOND, clock).turn,
        patience=Patience(),
        is_live=settings.is_live,
    )
    async with open_ib_venue(folder / "ib-venue.sqlite3", parts) as venue:
        market.learn(await venue.instruments())
        await venue.ready_within(_MEETS_WITHIN_SECONDS)

        async def begin(desk: BridgeDesk) -> None:
            async def kill_again() -> None:
                await _kill_again(desk, account)

            venue.listen(desk.hear, kill_again)

        side_effects = "LIVE: real money" if settings.is_live else None
        yield Backend("ib", venue, venue, account, limits, begin, side_effects=side_effects)


async def _kill_again(desk: BridgeDesk, account: str) -> None:
    """What a kill could not cancel while the gateway was away is canceled when it is back."""
    with suppress(PortError):
        status = await desk.status(account)
        if status.killed is not None:
            await desk.kill(account, reason=status.killed)
