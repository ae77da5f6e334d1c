"""The brokers that the contract is tried on: a later one joins by another entry in VENUES."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from jax.adapters.brokers.bridge.bridge_client import open_bridge_client
from jax.adapters.brokers.paper.broker import PaperBroker, open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.memory.bridge_book import MemoryBridgeBook
from jax.adapters.memory.clock import SettableClock
from jax.adapters.sqlite_bridge_book.sqlite_bridge_book import open_bridge_book
from jax.app.bridge.http.app import create_app
from jax.app.bridge.settings import BridgeSettings
from jax.app.bridge.wiring import open_bridge
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.side import Side
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.bridge_book import BridgeBook
from jax.ports.broker import Broker
from jax.ports.errors import NotFound
from tests.bridge_server import served
from tests.contract import ccxt_venues
from tests.ib_gateway.server import ACCOUNT, open_gateway
from tests.ib_gateway.venue import ib_venue, nothing_more

OPENING = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
DAY = timedelta(days=1)
INSTRUMENTS = {
    symbol: Instrument(symbol, "XNAS", "USD", Decimal("0.01"), Decimal(1)) for symbol in ("AAPL", "MSFT")
}


@dataclass(frozen=True)
class Venue:
    """A broker under trial, and the hands that move its market."""

    broker: Broker
    account: str
    starting_cash: Decimal
    trade_bars: Callable[[Sequence[Bar]], Awaitable[None]]
    clock: SettableClock = field(default_factory=lambda: SettableClock(OPENING))
    # What such a broker does not have, by the test that needs it: with which parameters (none: all), and why.
    cannot: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    # What the venue calls an order for what has no quote, and whether its quotes are of the moment they are
    # asked for, instead of the newest bar.
    no_quote_code: str = "NO_QUOTE"
    quotes_now: bool = False


async def instrument_of(symbol: str) -> Instrument:
    if symbol not in INSTRUMENTS:
        raise NotFound(f"no instrument {symbol}")
    return INSTRUMENTS[symbol]


class ReopenedPaperBroker:
    """The paper broker as a restarted process finds it: its file is opened anew for every call."""

    name = "paper"
    has_brackets = True

    def __init__(self, path: Path, clock: SettableClock) -> None:
        self._path = path
        self._clock = clock

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: object, **named: object) -> Any:
            async with paper_broker(self._path, clock=self._clock) as broker:
                return await getattr(broker, method)(*args, **named)

        return call


def paper_broker(
    path: Path, account: PaperAccount | None = None, *, clock: SettableClock | None = None
) -> AbstractAsyncContextManager[PaperBroker]:
    return open_paper_broker(
        path,
        account or PaperAccount(),
        clock=clock or SettableClock(OPENING),
        instrument_of=instrument_of,
    )


@asynccontextmanager
async def paper_in_memory(folder: Path) -> AsyncIterator[Venue]:
    clock = SettableClock(OPENING)
    async with paper_broker(IN_MEMORY, clock=clock) as broker:
        yield Venue(broker, "paper", Decimal(100_000), broker.on_bars, clock)


@asynccontextmanager
async def paper_reopened(folder: Path) -> AsyncIterator[Venue]:
    clock = SettableClock(OPENING)
    reopened: Any = ReopenedPaperBroker(folder / "paper-broker.sqlite3", clock)
    yield Venue(reopened, "paper", Decimal(100_000), reopened.on_bars, clock)


@asynccontextmanager
async def desk_over_paper(folder: Path, book: BridgeBook) -> AsyncIterator[Venue]:
    clock = SettableClock(OPENING)
    async with paper_broker(IN_MEMORY, clock=clock) as paper:
        desk = BridgeDesk(paper, book, clock, BridgeLimits())
        await desk.start()

        async def trade_bars(bars: Sequence[Bar]) -> None:
            await paper.on_bars(bars)
            await desk.copy_journal(paper)

        yield Venue(desk, "paper", Decimal(100_000), trade_bars, clock)
        await desk.close()


@asynccontextmanager
async def desk_with_a_book_in_memory(folder: Path) -> AsyncIterator[Venue]:
    async with desk_over_paper(folder, MemoryBridgeBook()) as venue:
        yield venue


@asynccontextmanager
async def desk_with_a_book_on_disk(folder: Path) -> AsyncIterator[Venue]:
    async with (
        open_bridge_book(folder / "bridge-book.sqlite3") as book,
        desk_over_paper(folder, book) as venue,
    ):
        yield venue


@asynccontextmanager
async def bridge_over_http(folder: Path) -> AsyncIterator[Venue]:
    clock = SettableClock(OPENING)
    async with (
        open_bridge(folder, BridgeSettings(), clock) as bridge,
        served(create_app(bridge)) as url,
        open_bridge_client(url, boot_id="boot-1", instrument_of=instrument_of) as client,
    ):
        await client.meet("paper")
        yield Venue(client, "paper", Decimal(100_000), client.on_bars, clock)


@asynccontextmanager
async def exchange_of_ccxt(name: str, folder: Path) -> AsyncIterator[Venue]:
    clock = SettableClock(OPENING)
    async with ccxt_venues.opened_venue(name, folder, clock) as opened:
        yield Venue(
            opened.desk, name, ccxt_venues.STARTING_CASH, opened.trade_bars, clock, ccxt_venues.CANNOT
        )


@asynccontextmanager
async def desk_over_ib(folder: Path) -> AsyncIterator[Venue]:
    clock = SettableClock(OPENING)
    async with open_gateway(clock) as gateway, ib_venue(folder, gateway, clock) as ib:
        desk = BridgeDesk(ib, MemoryBridgeBook(), clock, BridgeLimits())
        await desk.start()
        ib.listen(desk.hear, nothing_more)

        async def trade_bars(bars: Sequence[Bar]) -> None:
            gateway.trade_bars(bars, INSTRUMENTS)
            # An answer comes after everything that was said before it.
            await ib.positions(ACCOUNT)
            await ib.told()

        yield Venue(
            desk, ACCOUNT, Decimal(100_000), trade_bars, clock, no_quote_code="IB_201", quotes_now=True
        )
        await desk.close()


VENUES: dict[str, Callable[[Path], AbstractAsyncContextManager[Venue]]] = {
    "paper in memory": paper_in_memory,
    "paper reopened for every call": paper_reopened,
    "bridge desk, book in memory": desk_with_a_book_in_memory,
    "bridge desk, book on disk": desk_with_a_book_on_disk,
    "bridge over HTTP": bridge_over_http,
    "ccxt binanceus": partial(exchange_of_ccxt, "binanceus"),
    "ccxt btcturk": partial(exchange_of_ccxt, "btcturk"),
    "bridge desk over Interactive Brokers": desk_over_ib,
}


def bar(day: int, *, close: str, low: str | None = None, high: str | None = None, **other: str) -> Bar:
    """The bar of session `day` (from 0) of AAPL; it opens at its close unless told."""
    start = OPENING + day * DAY
    opened = Decimal(other.get("open", close))
    prices = [opened, Decimal(close)]
    return Bar(
        symbol=other.get("symbol", "AAPL"),
        timeframe=Timeframe.DAY,
        start=start,
        end=start + timedelta(hours=6, minutes=30),
        open=opened,
        high=Decimal(high) if high else max(prices),
        low=Decimal(low) if low else min(prices),
        close=Decimal(close),
        volume=Decimal(1000),
    )


def order(venue: Venue, client_order_id: str, quantity: int = 10, **terms: Any) -> Order:
    """A MARKET order to buy AAPL; a LIMIT or STOP order when `limit` or `stop` is given."""
    limit, stop = terms.pop("limit", None), terms.pop("stop", None)
    order_type = OrderType.MARKET if limit is None else OrderType.LIMIT
    made = Order(
        client_order_id=client_order_id,
        account=venue.account,
        signal_id=f"sg{client_order_id}",
        artifact_id="artifact",
        artifact_hash="sha256:" + "a" * 64,
        strategy="ma_crossover_v1",
        symbol="AAPL",
        side=Side.BUY,
        order_type=order_type if stop is None else OrderType.STOP,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
        stop_price=None if stop is None else Decimal(stop),
        time_in_force=TimeInForce.DAY,
        epoch=1,
        created_at=OPENING,
        deadline_at=OPENING + timedelta(seconds=5),
        updated_at=OPENING,
    )
    return replace(made, **terms)


def way_out(venue: Venue, client_order_id: str, quantity: int = 10, **terms: Any) -> Order:
    """An order to sell AAPL that only reduces, good until it is canceled."""
    leg = OrderLeg.TARGET if "limit" in terms else OrderLeg.STOP if "stop" in terms else OrderLeg.CLOSE
    exits = {"side": Side.SELL, "leg": leg, "time_in_force": TimeInForce.GTC}
    return order(venue, client_order_id, quantity, **{**exits, **terms})
