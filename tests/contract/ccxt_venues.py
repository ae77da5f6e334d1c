"""Exchanges of ccxt behind a bridge's desk: real HTTP to an exchange on loopback that answers as they do."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.ccxt.exchange_line import Credentials
from jax.adapters.brokers.ccxt.open_venue import CcxtAccount, open_ccxt_venue
from jax.adapters.brokers.ccxt.order_updates import OrderUpdates
from jax.adapters.brokers.ccxt.sending_limits import SendingLimits
from jax.adapters.brokers.ccxt.venue import CcxtVenue
from jax.adapters.memory.bridge_book import MemoryBridgeBook
from jax.adapters.memory.clock import SettableClock
from jax.domain.bar import Bar
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from tests.exchange_server.binance_us import BinanceUsWords
from tests.exchange_server.book import ExchangeBook, Pair
from tests.exchange_server.btcturk import BtcTurkWords
from tests.exchange_server.server import API_KEY, SECRET, Exchange, Words, running_exchange

WORDS: Mapping[str, Callable[[Exchange], Words]] = {"binanceus": BinanceUsWords, "btcturk": BtcTurkWords}
SYMBOLS = {"AAPL": "AAPL/USD", "MSFT": "MSFT/USD"}
STARTING_CASH = Decimal(100_000)
LIVE = SendingLimits(is_live=True, most_notional=Decimal(10**9))

_SHORT = "spot has no short positions"
_SESSIONS = "an exchange that never closes has no sessions; its day ends at midnight UTC"
_ONE_EXIT = "a stop binds what it would sell, so a target beside it has nothing to sell"
_STOP_REACHED = "the exchange refuses a stop that is reached already"
# What the contract asks for and spot exchanges do not have, by the test's name; parts of its parameters'
# names narrow it.
CANNOT: Mapping[str, tuple[tuple[str, ...], str]] = {
    "test_a_limit_order_away_from_the_market_works_until_a_bar_reaches_it": (("-sell ",), _SHORT),
    "test_a_short_position_uses_buying_power_too": ((), _SHORT),
    "test_a_short_position_is_reduced_by_buying": ((), _SHORT),
    "test_a_stop_trades_when_the_market_reaches_it_and_worse_after_a_gap": (
        ("-falls ", "-touches", "-gaps below"),
        _SHORT,
    ),
    "test_buying_power_is_never_below_zero": ((), "spot lends nothing"),
    "test_a_day_order_expires_with_a_session_that_does_not_reach_it": ((), _SESSIONS),
    "test_a_stop_for_one_session_expires_when_it_is_not_reached": ((), _SESSIONS),
    "test_a_stop_that_is_reached_already_trades_at_once": ((), _STOP_REACHED),
    "test_of_a_stop_and_a_target_that_one_bar_reaches_the_stop_trades_and_the_target_does_not": (
        (),
        _ONE_EXIT,
    ),
    "test_a_target_that_the_bar_opens_beyond_trades_before_the_stop": ((), _ONE_EXIT),
}


@dataclass(frozen=True)
class OpenedVenue:
    """A venue of ccxt, its exchange, and what tells of its orders."""

    venue: CcxtVenue
    desk: BridgeDesk
    exchange: Exchange
    updates: OrderUpdates
    clock: SettableClock

    async def trade_bars(self, bars: Sequence[Bar]) -> None:
        for bar in sorted(bars, key=lambda bar: bar.end):
            way = [bar.open, bar.low, bar.high, bar.close]
            self.exchange.book.move(f"{bar.symbol}USD", way, at=int(bar.end.timestamp() * 1000))
        await self.updates.look()


def a_book(clock: SettableClock) -> ExchangeBook:
    return ExchangeBook(
        [Pair("AAPL"), Pair("MSFT")],
        {"USD": STARTING_CASH},
        now_ms=lambda: int(clock.now().timestamp() * 1000),
    )


def account_of(name: str, url: str, limits: SendingLimits = LIVE) -> CcxtAccount:
    return CcxtAccount(name, Credentials(API_KEY, SECRET), SYMBOLS, limits, url)


@asynccontextmanager
async def opened_venue(
    name: str, folder: Path, clock: SettableClock, *, limits: SendingLimits = LIVE
) -> AsyncIterator[OpenedVenue]:
    """The venue `name` and a desk before it, on an exchange that nobody has used yet."""
    async with running_exchange(a_book(clock), WORDS[name]) as exchange:
        async with reopened_venue(name, folder, clock, exchange, limits=limits) as opened:
            yield opened
        assert exchange.requests_with_bad_signature == 0
        arrived = exchange.book.arrived
        assert len(arrived) == len(set(arrived)), "an order has come to the exchange twice"


@asynccontextmanager
async def reopened_venue(
    name: str, folder: Path, clock: SettableClock, exchange: Exchange, *, limits: SendingLimits = LIVE
) -> AsyncIterator[OpenedVenue]:
    """As a process finds it that starts beside an exchange which runs already."""
    account = account_of(name, exchange.url, limits)
    async with open_ccxt_venue(folder / "ccxt-venue.sqlite3", account, clock=clock) as venue:
        desk = BridgeDesk(venue, MemoryBridgeBook(), clock, BridgeLimits())
        await desk.start()
        yield OpenedVenue(venue, desk, exchange, OrderUpdates(venue, desk.hear), clock)
        await desk.close()
