"""The journal hears of every change once, by the exchange's stream where it has one, else by looking."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest

from jax.adapters.brokers.ccxt.open_venue import updates_of
from jax.adapters.brokers.ccxt.order_updates import OrderUpdates
from jax.adapters.brokers.ccxt.sent_orders import SentState
from jax.domain.order import TimeInForce
from jax.ports.broker import BrokerEventKind
from tests.contract.ccxt_venues import OpenedVenue, account_of
from tests.exchange_server.binance_stream import BinanceStream
from tests.exchange_server.faults import Fault
from tests.integration.ccxt_venue.exchange_orders import order

GTC = TimeInForce.GTC


async def told(opened: OpenedVenue) -> list[str]:
    return [event.detail for event in (await opened.desk.events(after=0)).events]


async def test_a_look_tells_differences_only(opened: OpenedVenue) -> None:
    opened.exchange.book.most_at_once = Decimal(4)
    await opened.desk.place(order(opened, "jx1", limit="140"))
    for _ in range(3):
        await opened.updates.look()
    assert await told(opened) == ["NEW, 0 fills"]
    for _ in range(4):
        opened.exchange.book.quote("AAPLUSD", "139")
        await opened.updates.look()
        await opened.updates.look()
    assert (await told(opened))[1:] == [
        "PARTIALLY_FILLED, 4 filled",
        "PARTIALLY_FILLED, 8 filled",
        "FILLED, 10 filled",
    ]


async def test_what_is_over_is_not_asked_about_any_more(opened: OpenedVenue) -> None:
    await opened.desk.place(order(opened, "jx1"))
    await opened.updates.look()
    sent = await opened.venue.sent.order("jx1")
    assert sent is not None
    assert sent.state is SentState.CLOSED
    before = len(opened.exchange.requests)
    await opened.updates.look()
    assert len(opened.exchange.requests) == before


async def test_a_lost_exchange_is_told_once_and_so_is_its_return(opened: OpenedVenue) -> None:
    await opened.desk.place(order(opened, "jx1", limit="140"))
    path = "/order" if opened.venue.name == "binanceus" else "/openOrders"
    opened.exchange.faults.waiting.append(Fault("STATUS", method="GET", path=path, status=503, times=2))
    for _ in range(4):
        await opened.updates.look()
    events = (await opened.desk.events(after=0)).events
    connection = [event.detail for event in events if event.kind is BrokerEventKind.CONNECTION]
    assert len(connection) == 2
    assert "503" in connection[0]
    assert connection[1] == f"{opened.venue.name} answers again"


async def test_what_happened_while_the_bridge_was_away_is_told_by_the_first_look(
    opened: OpenedVenue,
) -> None:
    await opened.venue.place(order(opened, "jx1", limit="140", time_in_force=GTC))
    opened.exchange.book.quote("AAPLUSD", "139")
    await opened.updates.look()
    assert await told(opened) == ["FILLED, 10 filled"]


@pytest.fixture
def never_looks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_SECONDS", "LOOK_SECONDS_BESIDE_A_STREAM"):
        monkeypatch.setattr(f"jax.adapters.brokers.ccxt.order_updates.{name}", 3600.0)


@pytest.mark.usefixtures("never_looks_by_itself")
async def test_the_stream_makes_it_look_at_once(binance: OpenedVenue) -> None:
    stream = BinanceStream(binance.exchange)
    account = account_of("binanceus", binance.exchange.url)
    heard: asyncio.Queue[tuple[BrokerEventKind, str | None, str]] = asyncio.Queue()

    async def tell(kind: BrokerEventKind, name: str | None, detail: str) -> None:
        await heard.put((kind, name, detail))

    async with updates_of(binance.venue, account, tell, clock=binance.clock), asyncio.timeout(20):
        await stream.subscribed.wait()
        await binance.venue.place(order(binance, "jx1", limit="140", time_in_force=GTC))
        binance.exchange.book.quote("AAPLUSD", "139")
        assert await heard.get() == (BrokerEventKind.ORDER, "jx1", "FILLED, 10 filled")


class EndingStream:
    """It is there, has nothing to say, and is lost when the test wants it."""

    def __init__(self) -> None:
        self.ending = asyncio.Event()
        self._is_there = False

    async def next(self) -> Sequence[str]:
        if not self._is_there:
            self._is_there = True
            return []
        await self.ending.wait()
        raise ConnectionError


@pytest.mark.usefixtures("never_looks_by_itself")
async def test_a_stream_that_is_lost_is_told_and_made_good_by_looking(opened: OpenedVenue) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def tell(_kind: BrokerEventKind, _name: str | None, detail: str) -> None:
        await heard.put(detail)

    stream = EndingStream()
    opened.exchange.book.most_at_once = Decimal(4)
    await opened.venue.place(order(opened, "jx1", limit="140", time_in_force=GTC))
    opened.exchange.book.quote("AAPLUSD", "139")
    running = asyncio.create_task(OrderUpdates(opened.venue, tell, stream).run())
    async with asyncio.timeout(20):
        assert await heard.get() == "PARTIALLY_FILLED, 4 filled"
        opened.exchange.book.quote("AAPLUSD", "139")
        stream.ending.set()
        assert {await heard.get(), await heard.get()} == {
            "PARTIALLY_FILLED, 8 filled",
            "the stream of orders is lost (ConnectionError)",
        }
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_streams_own_end_is_heard(binance: OpenedVenue) -> None:
    stream = BinanceStream(binance.exchange)
    account = account_of("binanceus", binance.exchange.url)
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def tell(kind: BrokerEventKind, _name: str | None, detail: str) -> None:
        if kind is BrokerEventKind.CONNECTION:
            await heard.put(detail)

    async with updates_of(binance.venue, account, tell, clock=binance.clock), asyncio.timeout(20):
        await stream.subscribed.wait()
        await binance.venue.place(order(binance, "jx1", limit="140", time_in_force=GTC))
        binance.exchange.book.quote("AAPLUSD", "139")
        binance.exchange.streams.clear()
        await stream.lose()
        assert await heard.get() == "the stream of orders is lost (NetworkError)"
