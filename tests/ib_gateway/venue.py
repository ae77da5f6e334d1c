"""The venue over a scripted gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.ib.gateway import Gateway, Patience
from jax.adapters.brokers.ib.venue import IbParts, IbVenue, open_ib_venue
from jax.domain.instrument import Instrument
from jax.ports.clock import Clock
from jax.ports.errors import NotFound
from tests.ib_gateway.server import ACCOUNT, ScriptedGateway

CLIENT_ID = 7
# What a test waits for in vain is waited for briefly; what it waits for comes sooner than that.
PATIENCE = Patience(answer_seconds=10, order_seconds=10, reconnect_seconds=0.02, position_seconds=0.05)
LISTED = {
    symbol: Instrument(symbol, "XNAS", "USD", Decimal("0.01"), Decimal(1))
    for symbol in ("AAPL", "MSFT", "BRK.B")
}


async def listed(symbol: str) -> Instrument:
    if symbol not in LISTED:
        raise NotFound(f"no instrument {symbol}")
    return LISTED[symbol]


async def at_once() -> None:
    """Questions as fast as they come."""


async def nothing_more() -> None:
    """Nobody is to be told that the gateway was met again."""


@asynccontextmanager
async def ib_venue(
    folder: Path,
    gateway: ScriptedGateway,
    clock: Clock,
    *,
    patience: Patience = PATIENCE,
    is_ready: bool = True,
) -> AsyncIterator[IbVenue]:
    """The venue, when it has shown everything once."""
    parts = IbParts(Gateway("127.0.0.1", gateway.port, ACCOUNT, CLIENT_ID), clock, listed, at_once, patience)
    async with open_ib_venue(folder / "ib-venue.sqlite3", parts) as venue:
        if is_ready and not await venue.ready_within(20):
            raise AssertionError("the venue has not met the gateway")
        yield venue
