"""The feeds that the contract is tried on, each over what it would really speak to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.bridge.bridge_client import open_bridge_client
from jax.adapters.market_feeds.bar_file import bars_in_file, line_of
from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.polling_feed import PollingFeed
from jax.adapters.market_feeds.replay_feed import ReplayFeed
from jax.adapters.market_feeds.websocket_feed import WebSocketFeed
from jax.adapters.memory.clock import SettableClock
from jax.adapters.system.system_clock import SystemClock
from jax.app.bridge.http.app import create_app
from jax.app.bridge.settings import BridgeSettings
from jax.app.bridge.wiring import open_bridge
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.tick import Tick
from jax.ports.market_feed import FeedBack, FeedItem, FeedLost, FeedStream, MarketFeed
from tests.bridge_server import served
from tests.tick_server import tick_server

FIRST = datetime(2024, 3, 4, 14, 31, tzinfo=UTC)
NOW = FIRST + timedelta(days=1)
QUICK = FeedPolicy(
    poll_seconds=0.01,
    silence_seconds=5.0,
    first_wait_seconds=0.01,
    longest_wait_seconds=0.05,
    fallback_after_seconds=0.05,
)
SYMBOLS = ("AAPL", "MSFT")
_LONG = 10.0


def bar(number: int, symbol: str = "AAPL") -> Bar:
    """The minute of that number."""
    end, price = FIRST + number * timedelta(minutes=1), Decimal(100 + number)
    start = end - timedelta(minutes=1)
    return Bar(symbol, Timeframe.MINUTE, start, end, price, price, price, price, Decimal(10))


def trade(number: int, symbol: str = "AAPL") -> Tick:
    """The trade at the end of that minute."""
    of = bar(number, symbol)
    return Tick(symbol, of.close, of.volume, of.end, str(number))


@dataclass(frozen=True)
class FeedHouse:
    """A feed under trial; `say` makes its market say what belongs to these minutes."""

    feed: MarketFeed
    say: Callable[[Sequence[Bar]], Awaitable[None]]


@asynccontextmanager
async def polled_bridge(folder: Path) -> AsyncIterator[FeedHouse]:
    clock = SettableClock(NOW)
    listed = [Instrument(symbol, "XNAS", "USD", Decimal("0.01"), Decimal(1)) for symbol in SYMBOLS]
    async with (
        open_bridge(folder, BridgeSettings(), clock) as bridge,
        served(create_app(bridge)) as url,
        open_bridge_client(url, boot_id="boot-1") as client,
    ):

        async def say(bars: Sequence[Bar]) -> None:
            await bridge.hear_bars(bars, listed)

        yield FeedHouse(PollingFeed(client, clock, QUICK), say)


@asynccontextmanager
async def websocket(folder: Path) -> AsyncIterator[FeedHouse]:
    async with tick_server() as server:

        async def say(bars: Sequence[Bar]) -> None:
            await server.say(*(Tick(b.symbol, b.close, b.volume, b.end, b.end.isoformat()) for b in bars))

        yield FeedHouse(WebSocketFeed(server.url, SystemClock(), QUICK), say)


@asynccontextmanager
async def replay(folder: Path) -> AsyncIterator[FeedHouse]:
    path = folder / "bars.jsonl"
    path.write_text("")

    async def say(bars: Sequence[Bar]) -> None:
        path.write_text("".join(map(line_of, bars)))

    yield FeedHouse(ReplayFeed(lambda: bars_in_file(path), SystemClock(), QUICK, speed=None), say)


HOUSES: dict[str, Callable[[Path], AbstractAsyncContextManager[FeedHouse]]] = {
    "polled bridge": polled_bridge,
    "websocket": websocket,
    "replay": replay,
}


async def hear(stream: FeedStream, enough: Callable[[list[FeedItem]], bool]) -> list[FeedItem]:
    """Everything that is said until it is enough."""
    heard: list[FeedItem] = []
    while not enough(heard):
        items = await stream.heard(_LONG)
        assert items, f"nothing came after {heard}"
        heard.extend(items)
    return heard


def prices(items: Sequence[FeedItem], symbol: str = "AAPL") -> list[Decimal]:
    """Of the ticks and bars of a symbol, each price once."""
    told = [
        item.price if isinstance(item, Tick) else item.close
        for item in items
        if isinstance(item, Tick | Bar) and item.symbol == symbol
    ]
    return list(dict.fromkeys(told))


def words(items: Sequence[FeedItem]) -> list[type]:
    """LOST and BACK, in their order."""
    return [type(item) for item in items if isinstance(item, FeedLost | FeedBack)]
