"""What the bridge offers, whatever its venue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jax.app.bridge.paper_market import PaperMarket
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.modules.bridge.bridge_desk import BridgeDesk
from jax.ports.broker import BrokerEvent
from jax.ports.clock import Clock
from jax.ports.id_source import IdSource


@dataclass(frozen=True, slots=True)
class BridgeFacts:
    """What does not change while the bridge runs; `started_ns` is the clock's monotonic time.

    `faults`: how the paper venue was told to lie; `side_effects`: what is sent to a real venue, and what not.
    """

    version: str
    boot_id: str
    backend: str
    account: str
    started_ns: int
    faults: str | None = None
    side_effects: str | None = None


class ListeningVenue(Protocol):
    """The paper venue, beyond what every venue does."""

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        """Fills what works, and quotes the newest close."""
        ...

    async def executions(self, account: str, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Fill]]:
        """The account's fills after number `after`, with their numbers, oldest first."""
        ...

    async def events(self, *, after: int, limit: int = 1000) -> Sequence[BrokerEvent]:
        """The venue's own journal."""
        ...


@dataclass(frozen=True, slots=True)
class Bridge:
    """The desk, and the market of its paper venue."""

    facts: BridgeFacts
    desk: BridgeDesk
    venue: ListeningVenue
    market: PaperMarket
    clock: Clock
    ids: IdSource

    async def hear_bars(self, bars: Sequence[Bar], instruments: Sequence[Instrument]) -> None:
        """Moves the market of the paper venue, and tells on what came of it."""
        await self.market.hear(bars, instruments, self.venue.on_bars)
        await self.desk.copy_journal(self.venue)
