"""A venue as the bridge takes it, whichever it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from jax.app.bridge.bridge import ListeningVenue
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits, VenueJournal
from jax.ports.broker import Venue


@dataclass(frozen=True, slots=True)
class Backend:
    """`venue` is what the desk sends to, `listening` the same without what may stand before it.

    `begin` is awaited when the desk has started: from then on the venue tells it what happens there.
    `side_effects`: what is sent to a real venue, and what not.
    """

    name: str
    venue: Venue
    listening: ListeningVenue
    account: str
    limits: BridgeLimits
    begin: Callable[[BridgeDesk], Awaitable[None]]
    journal: VenueJournal | None = None
    side_effects: str | None = None
