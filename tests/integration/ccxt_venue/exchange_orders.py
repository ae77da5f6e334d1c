"""Orders for an exchange under trial."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from jax.domain.order import Order
from tests.contract import broker_venues
from tests.contract.ccxt_venues import OpenedVenue


def order(opened: OpenedVenue, name: str, quantity: int = 10, **terms: Any) -> Order:
    """To buy AAPL at the market, for five seconds from now on."""
    venue = broker_venues.Venue(opened.desk, opened.venue.name, Decimal(0), opened.trade_bars)
    return broker_venues.order(venue, name, quantity, **{"deadline_at": soon(opened), **terms})


def way_out(opened: OpenedVenue, name: str, quantity: int = 10, **terms: Any) -> Order:
    """To sell AAPL, which only reduces."""
    venue = broker_venues.Venue(opened.desk, opened.venue.name, Decimal(0), opened.trade_bars)
    return broker_venues.way_out(venue, name, quantity, **{"deadline_at": soon(opened), **terms})


def soon(opened: OpenedVenue) -> Any:
    return opened.clock.now() + timedelta(seconds=5)
