"""Connections that are cut, silent, or say what cannot be read: it is told, and they come back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.polling_feed import PollingFeed
from jax.adapters.market_feeds.websocket_feed import WebSocketFeed
from jax.adapters.system.system_clock import SystemClock
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.quote import Quote
from jax.domain.tick import Tick
from jax.ports.errors import NotFound, Unavailable
from jax.ports.market_feed import FeedBack, FeedItem, FeedLost, FeedStream
from tests.contract.feed_houses import NOW, hear, trade, words
from tests.tick_server import TickServer, tick_server

_QUICK = FeedPolicy(
    poll_seconds=0.01,
    silence_seconds=0.3,
    first_wait_seconds=0.01,
    longest_wait_seconds=0.04,
    fallback_after_seconds=0.03,
)


@asynccontextmanager
async def _subscribed(policy: FeedPolicy = _QUICK) -> AsyncIterator[tuple[TickServer, FeedStream]]:
    async with tick_server() as server:
        feed = WebSocketFeed(server.url, SystemClock(), policy)
        async with feed.subscribe(["AAPL"]) as stream:
            yield server, stream


_GOOD = (
    '{"type": "trade", "symbol": "AAPL", "id": "1", "price": "1.5", "size": "1", '
    '"ts_event": "2024-03-04T15:00:00Z"}'
)


def _backs(count: int) -> Callable[[list[FeedItem]], bool]:
    return lambda heard: words(heard).count(FeedBack) >= count


async def test_a_connection_that_is_cut_is_told_and_made_again() -> None:
    async with _subscribed() as (server, stream):
        await hear(stream, _backs(1))
        await server.subscriber()
        server.cut()
        heard = await hear(stream, _backs(1))
        await server.say(trade(1))
        heard += await hear(stream, lambda items: trade(1) in items)
    assert words(heard)[:2] == [FeedLost, FeedBack]
    assert server.subscribed[:2] == [["AAPL"]] * 2


async def test_a_connection_that_says_nothing_any_more_is_given_up() -> None:
    async with _subscribed() as (_, stream):
        heard = await hear(stream, _backs(2))
    assert words(heard) == [FeedBack, FeedLost, FeedBack]
    lost = next(item for item in heard if isinstance(item, FeedLost))
    assert "no word in time" in lost.reason


async def test_a_heartbeat_keeps_a_quiet_connection() -> None:
    async with _subscribed() as (server, stream):
        for _ in range(8):
            await server.say_text('{"type": "heartbeat"}')
            await asyncio.sleep(0.06)
        heard = list(await stream.heard(0.01))
    assert (words(heard), server.connections) == ([FeedBack], 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"type": "trade"}',
        '{"type": "else"}',
        _GOOD.replace('"1.5"', '"NaN"'),
        _GOOD.replace('"1.5"', "1.5"),
        _GOOD.replace("00Z", "00"),
        _GOOD.replace("AAPL", "aapl"),
        '{"type": "quote", "symbol": "AAPL", "bid": "2", "ask": "1", "ts_event": "2024-03-04T15:00:00Z"}',
    ],
)
async def test_what_cannot_be_read_is_a_hole_in_what_was_heard(text: str) -> None:
    async with _subscribed() as (server, stream):
        await hear(stream, _backs(1))
        await server.say_text(text)
        heard = await hear(stream, _backs(1))
    assert words(heard)[:2] == [FeedLost, FeedBack]


async def test_a_server_that_drops_everybody_is_asked_less_and_less_often() -> None:
    waits: list[float] = []

    class Waits(FeedPolicy):
        def next_wait(self, wait_seconds: float) -> float:
            waits.append(wait_seconds)
            return super().next_wait(wait_seconds)

    async with tick_server() as server:
        server.drops = True
        policy = Waits(first_wait_seconds=0.01, longest_wait_seconds=0.04)
        async with WebSocketFeed(server.url, SystemClock(), policy).subscribe(["AAPL"]) as stream:
            heard = await hear(stream, _backs(5))
    assert waits[:4] == [0.01, 0.02, 0.04, 0.04]
    assert words(heard)[:4] == [FeedBack, FeedLost] * 2


@dataclass
class Quotes:
    """A market that is asked, unless it is away."""

    asked: int = 0
    is_away: bool = False

    async def quote(self, symbol: str) -> Quote:
        self.asked += 1
        if self.is_away:
            raise Unavailable("the bridge is away")
        price = Decimal(100 + self.asked)
        return Quote(symbol, price, price, NOW + timedelta(seconds=self.asked))

    async def candles(self, symbol: str) -> Sequence[Bar]:
        raise NotFound("no candles")


async def test_polling_takes_over_while_there_is_no_connection_and_ends_when_there_is_one() -> None:
    quotes = Quotes()
    policy = replace(_QUICK, silence_seconds=5.0)
    async with tick_server() as server:
        server.is_down = True
        polling = PollingFeed(quotes, SystemClock(), policy)
        feed = WebSocketFeed(server.url, SystemClock(), policy, fallback=polling)
        async with feed.subscribe(["AAPL"]) as stream:
            polled = await hear(stream, lambda items: sum(isinstance(item, Tick) for item in items) >= 3)
            server.is_down = False
            await server.subscriber()
            await server.say(trade(7))
            heard = await hear(stream, lambda items: trade(7) in items)
            # A poll would say something new every hundredth of a second.
            assert list(await stream.heard(0.3)) == []
    assert words(polled)[:2] == [FeedLost, FeedBack]
    assert FeedBack in words(heard)


async def test_a_poll_that_fails_is_told_once_and_that_it_is_back_too() -> None:
    quotes = Quotes(is_away=True)
    feed = PollingFeed(quotes, SystemClock(), _QUICK)
    async with feed.subscribe(["AAPL", "MSFT"]) as stream:
        lost = await hear(stream, bool)
        assert list(await stream.heard(0.1)) == []
        quotes.is_away = False
        back = await hear(stream, _backs(1))
    assert (words(lost), words(back)) == ([FeedLost], [FeedBack])


async def test_a_full_queue_makes_the_other_side_wait_and_loses_nothing() -> None:
    policy = FeedPolicy(queue_size=10, silence_seconds=5.0)
    count = 3_000
    async with _subscribed(policy) as (server, stream):
        await server.subscriber()
        saying = asyncio.create_task(server.say(*(trade(number) for number in range(count))))
        heard: list[FeedItem] = []
        while sum(isinstance(item, Tick) for item in heard) < count:
            items = await stream.heard(5.0)
            assert len(items) <= policy.queue_size
            heard.extend(items)
        await saying
    assert [item for item in heard if isinstance(item, Tick)] == [trade(number) for number in range(count)]
    assert words(heard) == [FeedBack]


@pytest.mark.parametrize("name", FeedPolicy.__slots__)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_policy_that_cannot_be_kept_is_named(name: str, value: float) -> None:
    with pytest.raises(InvalidValue, match=name):
        FeedPolicy(**{name: value})  # type: ignore[arg-type]
