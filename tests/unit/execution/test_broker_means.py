"""The broker's answers hold for a tenth of a second, and what was recorded since counts against them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.account import AccountSnapshot
from jax.domain.quote import Quote
from jax.modules.execution.account_book import AccountBook
from jax.modules.execution.broker_means import BrokerMeans
from jax.ports.broker import Broker
from jax.ports.errors import Unavailable
from tests.contract.stored_values import artifact, order, signal, trade
from tests.desk import ACCOUNT, Desk, quote
from tests.failing_ports import PassingBroker
from tests.floor import Floor, open_floor

_TENTH = timedelta(milliseconds=100)


class Counted(PassingBroker):
    """Counts what it is asked, and may be away."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self.asked: list[str] = []
        self.is_away = False

    async def account(self, account: str) -> AccountSnapshot:
        self.asked.append("account")
        if self.is_away:
            raise Unavailable("away")
        return await super().account(account)

    async def quote(self, symbol: str) -> Quote:
        self.asked.append(symbol)
        return await super().quote(symbol)


def asking(floor: Floor) -> tuple[BrokerMeans, Counted, Desk]:
    broker = Counted(floor.desk.broker)
    return BrokerMeans(broker, ACCOUNT, floor.desk.clock), broker, floor.desk


def empty_book() -> AccountBook:
    return AccountBook(ACCOUNT, change="", orders_kept_for=timedelta(minutes=1))


async def test_an_answer_serves_who_asks_within_a_tenth_of_a_second() -> None:
    async with open_floor() as floor:
        means, broker, desk = asking(floor)
        book = empty_book()
        first = await means.of("AAPL", book)
        desk.clock.advance(_TENTH)
        assert await means.of("AAPL", book) == first
        assert sorted(broker.asked) == ["AAPL", "account"]
        desk.clock.advance(timedelta(microseconds=1))
        await quote(desk, "151")
        _, newest = await means.of("AAPL", book)
        assert newest is not None
        assert newest.ask == Decimal(151)
        assert sorted(broker.asked) == ["AAPL", "AAPL", "account", "account"]


async def test_another_symbol_has_a_quote_of_its_own_and_the_same_means() -> None:
    async with open_floor() as floor:
        means, broker, _ = asking(floor)
        book = empty_book()
        await means.of("AAPL", book)
        assert (await means.of("MSFT", book))[1] is None
        assert sorted(broker.asked) == ["AAPL", "MSFT", "account"]


async def test_who_asks_at_the_same_time_waits_for_the_same_answer() -> None:
    async with open_floor() as floor:
        means, broker, _ = asking(floor)
        book = empty_book()
        answers = await asyncio.gather(*(means.of("AAPL", book) for _ in range(20)))
        assert sorted(broker.asked) == ["AAPL", "account"]
        assert len({id(answer[0]) for answer in answers}) == 1


async def test_a_broker_that_is_away_is_away_for_all_and_asked_again_later() -> None:
    async with open_floor() as floor:
        means, broker, desk = asking(floor)
        broker.is_away = True
        for _ in range(3):
            with pytest.raises(Unavailable):
                await means.of("AAPL", empty_book())
        assert broker.asked.count("account") == 1
        broker.is_away = False
        desk.clock.advance(2 * _TENTH)
        assert (await means.of("AAPL", empty_book()))[0].snapshot.account == ACCOUNT


async def test_a_book_that_was_loaded_anew_needs_new_means() -> None:
    async with open_floor() as floor:
        means, broker, _ = asking(floor)
        first, second = empty_book(), empty_book()
        await means.of("AAPL", first)
        assert (await means.of("AAPL", second))[0].book is second
        assert broker.asked.count("account") == 2


async def test_what_was_recorded_since_counts_even_when_it_is_not_open_any_more() -> None:
    async with open_floor() as floor:
        means, _, desk = asking(floor)
        book = empty_book()
        said, _ = await means.of("AAPL", book)
        assert said.reserved_since() == 0
        decided = signal(artifact())
        new = order(decided, created_at=desk.clock.now())
        book.enter(replace(trade(new, decided), position_value=Decimal(1500)), new)
        assert (book.reserved, said.reserved_since()) == (Decimal(0), Decimal(1500))
        desk.clock.advance(2 * _TENTH)
        again, _ = await means.of("AAPL", book)
        assert again.reserved_since() == 0
