"""A venue over a scripted gateway, with AAPL quoted at 150."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.brokers.ib.gateway import Patience
from jax.adapters.brokers.ib.venue import IbVenue
from jax.adapters.memory.clock import SettableClock
from jax.domain.order import Order
from jax.ports.broker import BrokerEventKind, OrderReport
from tests.contract import broker_venues
from tests.contract.broker_venues import INSTRUMENTS, OPENING, bar
from tests.ib_gateway.messages import WireOrder
from tests.ib_gateway.script import Reaction
from tests.ib_gateway.server import ACCOUNT, ScriptedGateway, open_gateway
from tests.ib_gateway.venue import PATIENCE, ib_venue, nothing_more

# Nothing is said, and the test waits for the end of the patience.
IMPATIENT = Patience(answer_seconds=10, order_seconds=0.05, reconnect_seconds=0.02, position_seconds=0.05)


@dataclass
class Desk:
    """Both sides of the wire, and what the journal was told."""

    gateway: ScriptedGateway
    venue: IbVenue
    clock: SettableClock
    told: list[tuple[BrokerEventKind, str | None, str]] = field(default_factory=list)

    async def hear(self, kind: BrokerEventKind, client_order_id: str | None, detail: str) -> None:
        self.told.append((kind, client_order_id, detail))

    def order(self, name: str, quantity: int = 10, **terms: Any) -> Order:
        made = broker_venues.Venue(self.venue, ACCOUNT, 0, None)  # type: ignore[arg-type]
        soon = self.clock.now() + timedelta(seconds=5)
        return broker_venues.order(made, name, quantity, **{"deadline_at": soon, **terms})

    async def place(self, name: str, reaction: Reaction = Reaction.TAKE, **terms: Any) -> OrderReport:
        self.gateway.script.reactions[name] = reaction
        return await self.venue.place(self.order(name, **terms))

    def at_the_broker(self, name: str) -> WireOrder:
        """The one order of that name that arrived."""
        (found,) = [order for order in self.gateway.book.arrived if order.order_ref == name]
        return found

    def details(self, kind: BrokerEventKind, name: str | None = None) -> list[str]:
        return [told for heard, about, told in self.told if heard is kind and about == name]


@pytest.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    clock = SettableClock(OPENING)
    async with open_gateway(clock) as opened:
        opened.trade_bars([bar(0, close="150")], INSTRUMENTS)
        yield opened


@pytest.fixture
def patience() -> Patience:
    return PATIENCE


@pytest.fixture
async def desk(gateway: ScriptedGateway, tmp_path: Path, patience: Patience) -> AsyncIterator[Desk]:
    clock = gateway.book.clock
    assert isinstance(clock, SettableClock)
    async with ib_venue(tmp_path, gateway, clock, patience=patience) as venue:
        opened = Desk(gateway, venue, clock)
        venue.listen(opened.hear, nothing_more)
        yield opened
        assert set(gateway.book.arrivals().values()) <= {1}, "an order arrived twice"
