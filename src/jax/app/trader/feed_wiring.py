"""Which market-data feed the trader follows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jax.adapters.brokers.bridge.bridge_reader import open_bridge_reader
from jax.adapters.market_feeds.bar_file import bars_in_file
from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.polling_feed import PollingFeed
from jax.adapters.market_feeds.replay_feed import ReplayFeed
from jax.adapters.market_feeds.websocket_feed import WebSocketFeed
from jax.app.trader.settings import TraderSettings
from jax.ports.clock import Clock
from jax.ports.market_feed import MarketFeed


@asynccontextmanager
async def open_feed(settings: TraderSettings, clock: Clock) -> AsyncIterator[MarketFeed | None]:
    """The feed that MARKET_FEED names; None when bars come over HTTP alone."""
    policy = FeedPolicy(poll_seconds=float(settings.FEED_POLL_SECONDS))
    if settings.MARKET_FEED == "replay":
        path = Path(settings.FEED_FILE)
        yield ReplayFeed(lambda: bars_in_file(path), clock, policy, speed=settings.replay_speed)
        return
    if settings.MARKET_FEED == "none":
        yield None
        return
    async with open_bridge_reader(settings.IB_BRIDGE_URL, token=settings.bridge_token) as bridge:
        polling = PollingFeed(bridge, clock, policy)
        if settings.MARKET_FEED == "bridge":
            yield polling
            return
        yield WebSocketFeed(settings.FEED_URL, clock, policy, token=settings.feed_token, fallback=polling)
