"""What the bridge offers, whatever its venue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jax.app.bridge.paper_market import PaperMarket
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.modules.bridge.bridge_desk import BridgeDesk, VenueJournal
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
    """What a venue behind the bridge does beyond what every venue does."""

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        """Bars, with symbols whose instruments are known: the paper venue trades on them, others learn the
        instruments.
        """
        ...

    async def executions(self, account: str, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Fill]]:
        """The account's fills after number `after`, with their numbers, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Bridge:
    """The desk, and what was told of its market; `journal`: the venue numbers what happens there itself."""

    facts: BridgeFacts
    desk: BridgeDesk
    venue: ListeningVenue
    market: PaperMarket
    clock: Clock
    ids: IdSource
    journal: VenueJournal | None = None

    async def hear_bars(self, bars: Sequence[Bar], instruments: Sequence[Instrument]) -> None:
        """Passes bars and instruments on to the venue, and tells on what came of it."""
        await self.market.hear(bars, instruments, self.venue.on_bars)
        if self.journal is not None:
            await self.desk.copy_journal(self.journal)
