"""What every MarketFeed does, against real local servers."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from jax.domain.bar import Bar
from jax.domain.tick import Tick
from jax.ports.market_feed import FeedBack, FeedItem, FeedLost
from tests.contract.feed_houses import HOUSES, NOW, SYMBOLS, FeedHouse, bar, hear, prices


@pytest.fixture(params=HOUSES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FeedHouse]:
    async with HOUSES[request.param](tmp_path) as opened:
        yield opened


def _has(price: int, symbol: str = "AAPL") -> Callable[[list[FeedItem]], bool]:
    return lambda heard: Decimal(price) in prices(heard, symbol)


async def test_it_says_that_it_is_there_before_it_says_anything_else(house: FeedHouse) -> None:
    if house.feed.name == "replay":
        await house.say([bar(0)])
    async with house.feed.subscribe(SYMBOLS) as stream:
        first = await hear(stream, lambda heard: any(not isinstance(item, FeedLost) for item in heard))
    assert isinstance(next(item for item in first if not isinstance(item, FeedLost)), FeedBack)


async def test_what_a_market_says_is_heard_in_its_order(house: FeedHouse) -> None:
    heard: list[FeedItem] = []
    if house.feed.name == "replay":
        await house.say([bar(number) for number in range(5)])
        async with house.feed.subscribe(SYMBOLS) as stream:
            heard.extend(await hear(stream, _has(104)))
    else:
        async with house.feed.subscribe(SYMBOLS) as stream:
            for number in range(5):
                await house.say([bar(number)])
                heard.extend(await hear(stream, _has(100 + number)))
    assert prices(heard) == [Decimal(100 + number) for number in range(5)]
    times = [item.ts_event for item in heard if isinstance(item, Tick)]
    assert times == sorted(times)


async def test_each_bar_and_each_tick_is_given_once(house: FeedHouse) -> None:
    if house.feed.name == "replay":
        await house.say([bar(0), bar(1)])
    async with house.feed.subscribe(SYMBOLS) as stream:
        if house.feed.name != "replay":
            await house.say([bar(0)])
            heard = await hear(stream, _has(100))
            await house.say([bar(1)])
        else:
            heard = []
        heard += await hear(stream, _has(101))
        for _ in range(3):
            heard.extend(await stream.heard(0.05))
    told = [item for item in heard if _told(item)]
    assert len(told) == len(set(map(repr, told)))


async def test_other_symbols_than_those_asked_for_are_not_heard_where_the_feed_knows_them(
    house: FeedHouse,
) -> None:
    if house.feed.name == "websocket":
        pytest.skip("which symbols it sends is the server's own doing")
    await house.say([bar(0, "MSFT"), bar(0)])
    async with house.feed.subscribe(["AAPL"]) as stream:
        heard = await hear(stream, _has(100))
    assert prices(heard, "MSFT") == []


async def test_nothing_is_heard_when_nothing_is_said(house: FeedHouse) -> None:
    async with house.feed.subscribe(SYMBOLS) as stream:
        heard = await hear(stream, lambda said: any(isinstance(item, FeedBack) for item in said))
        for _ in range(3):
            heard.extend(await stream.heard(0.02))
    assert not any(_told(item) for item in heard)


async def test_another_subscription_begins_anew(house: FeedHouse) -> None:
    for _ in range(2):
        if house.feed.name == "replay":
            await house.say([bar(0)])
        async with house.feed.subscribe(SYMBOLS) as stream:
            if house.feed.name != "replay":
                await house.say([bar(0)])
            heard = await hear(stream, _has(100))
        assert isinstance(next(item for item in heard if not isinstance(item, FeedLost)), FeedBack)


async def test_it_says_what_time_it_is(house: FeedHouse) -> None:
    await_bar = [bar(3)]
    if house.feed.name == "replay":
        await house.say(await_bar)
    async with house.feed.subscribe(SYMBOLS) as stream:
        if house.feed.name != "replay":
            await house.say(await_bar)
        await hear(stream, _has(103))
        now = house.feed.now()
    assert now == bar(3).end if house.feed.name == "replay" else now >= NOW


def _told(item: FeedItem) -> bool:
    return isinstance(item, Tick | Bar)
