"""ib-bridge in front of an exchange, as people run it: killed with kill -9, it sends nothing twice."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from jax.adapters.brokers.bridge.bridge_client import BridgeClient, open_bridge_client
from jax.app.bridge.settings import BridgeSettings, load_settings
from jax.app.bridge.wiring import open_bridge
from jax.app.console import CommandFailed
from jax.domain.order import Order, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.ports.errors import NotFound, OutcomeUnknown, Refused, Unavailable
from tests.architecture.checkout import SRC
from tests.contract import broker_venues
from tests.contract.broker_venues import bar, instrument_of
from tests.exchange_server.binance_us import BinanceUsWords
from tests.exchange_server.book import ExchangeBook, Pair
from tests.exchange_server.faults import Fault
from tests.exchange_server.in_a_thread import exchange_in_a_thread
from tests.exchange_server.server import API_KEY, SECRET, Exchange
from tests.integration.bridge.bridge_process import bridge_process, run_bridge
from tests.integration.trader.trader_process import free_port


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    book = ExchangeBook([Pair("AAPL")], {"USD": Decimal(100_000)}, now_ms=lambda: int(time.time() * 1000))
    book.quote("AAPLUSD", "150")
    with exchange_in_a_thread(book, BinanceUsWords) as running:
        yield running
        assert len(book.arrived) == len(set(book.arrived)), "an order has come to the exchange twice"


def settings(exchange: Exchange, **other: str) -> dict[str, str]:
    return {
        "BRIDGE_BACKEND": "ccxt",
        "CCXT_EXCHANGE": "binanceus",
        "CCXT_SYMBOLS": "AAPL=AAPL/USD",
        "CCXT_API_KEY": API_KEY,
        "CCXT_SECRET": SECRET,
        "CCXT_LIVE": "true",
        "CCXT_MAX_ORDER_NOTIONAL": "1500",
        "CCXT_URL": exchange.url,
        **other,
    }


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[BridgeClient]:
    async with open_bridge_client(url, boot_id="boot-1", instrument_of=instrument_of) as client:
        yield client


def order(client: BridgeClient, name: str, quantity: int = 10, **terms: Any) -> Order:
    """Good until it is canceled, to be sent within a minute of real time."""
    venue = broker_venues.Venue(client, "binanceus", Decimal(0), client.on_bars)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    given = {"deadline_at": soon, "time_in_force": TimeInForce.GTC, **terms}
    return broker_venues.order(venue, name, quantity, **given)


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 - another thread, which tells nobody
            await asyncio.sleep(0.002)


async def test_killed_with_orders_working_filled_taken_and_lost_it_sends_none_of_them_again(
    exchange: Exchange, tmp_path: Path
) -> None:
    home, port, book = tmp_path / "home", free_port(), exchange.book
    with bridge_process(home, port, **settings(exchange)) as bridge:
        async with client_of(bridge.url) as client:
            working = await client.place(order(client, "jx-works", limit="140"))
            assert working.status is OrderStatus.NEW
            assert (await client.place(order(client, "jx-filled", 3))).status is OrderStatus.FILLED
            exchange.faults.waiting += [Fault("TIMEOUT", after=True), Fault("TIMEOUT", after=False)]
            placing = [asyncio.create_task(client.place(order(client, "jx-taken", 1)))]
            await until(lambda: "jx-taken" in book.arrived)
            placing.append(asyncio.create_task(client.place(order(client, "jx-lost", 1))))
            await until(lambda: exchange.placed() == 4)
            bridge.kill()
            await asyncio.gather(*placing, return_exceptions=True)
    book.quote("AAPLUSD", "139")
    with bridge_process(home, port, **settings(exchange)) as restarted:
        async with client_of(restarted.url) as client:
            again = await client.place(order(client, "jx-works", limit="140"))
            assert (again.status, again.venue_order_id) == (OrderStatus.FILLED, working.venue_order_id)
            for name, quantity in (("jx-filled", 3), ("jx-taken", 1)):
                assert (await client.place(order(client, name, quantity))).status is OrderStatus.FILLED
            with pytest.raises(NotFound):
                await client.query("jx-lost")
            with pytest.raises(OutcomeUnknown, match="sent once"):
                await client.place(order(client, "jx-lost", 1))
            assert await client.positions("binanceus") == {"AAPL": Decimal(14)}
        for said in (bridge.said, restarted.said):
            assert "venue ccxt binanceus, account binanceus; takes orders; LIVE" in said
            assert SECRET not in said
            assert API_KEY not in said
    assert book.arrived == ["jx-works", "jx-filled", "jx-taken"]
    assert exchange.placed() == 4


@pytest.mark.soak
async def test_a_bridge_that_is_not_armed_only_reads_and_says_so(exchange: Exchange, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with bridge_process(home, free_port(), **settings(exchange, CCXT_LIVE="false")) as bridge:
        assert "READ ONLY, sends no orders" in bridge.said
        async with client_of(bridge.url) as client:
            with pytest.raises(Refused) as refused:
                await client.place(order(client, "jx1", 1))
            assert refused.value.code == "READ_ONLY"
            assert (await client.quote("AAPL")).bid == 150
            # Bars of a trader are heard and move nothing.
            await client.on_bars([bar(0, close="90")])
            assert (await client.quote("AAPL")).bid == 150
        async with httpx.AsyncClient(base_url=bridge.url) as http:
            candles = (await http.get("/api/v1/candles/AAPL")).json()
            assert [candle["close"] for candle in candles["candles"]] == ["90"]
            executions = await http.get("/api/v1/executions?account=binanceus")
            assert (executions.status_code, executions.json()["code"]) == (422, "EXECUTIONS_BY_ORDER")
            health = (await http.get("/health")).json()
            assert (health["status"], health["backend"]) == ("ok", "ccxt binanceus")
            older = await http.post("/api/v1/orders", json={"symbol": "AAPL", "action": "BUY", "quantity": 1})
            assert (older.status_code, older.json()["code"]) == (403, "ORDER_WITHOUT_SIGNAL")
    assert exchange.placed() == 0


def test_what_is_missing_is_named_before_anything_starts(tmp_path: Path) -> None:
    given = {"BRIDGE_BACKEND": "ccxt", "CCXT_EXCHANGE": "binanceus", "CCXT_SECRET": SECRET}
    ended = run_bridge(tmp_path / "home", "--port", str(free_port()), **given)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "BRIDGE_BACKEND=ccxt needs CCXT_SYMBOLS, CCXT_API_KEY; set them, or unset BRIDGE_BACKEND" in line
    assert SECRET not in line


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CCXT_EXCHANGE": "Binance US"}, "CCXT_EXCHANGE=Binance US is no name of an exchange"),
        ({"CCXT_SYMBOLS": "BTCUSD"}, "CCXT_SYMBOLS=BTCUSD is not of the form BTC/USD,ETHUSD=ETH/USD"),
        ({"CCXT_SYMBOLS": "BTC/USD,BTC/USD"}, "each symbol once"),
        ({"CCXT_LIVE": "perhaps"}, "CCXT_LIVE=perhaps is neither true nor false"),
        ({"CCXT_MAX_ORDER_NOTIONAL": "0"}, "CCXT_MAX_ORDER_NOTIONAL=0 must be above zero"),
        ({"CCXT_MAX_ORDER_NOTIONAL": "NaN"}, "CCXT_MAX_ORDER_NOTIONAL=NaN is not a decimal number"),
        (
            {"CCXT_URL": "https://api.example.test"},
            "CCXT_URL=https://api.example.test is not on this machine",
        ),
        ({"CCXT_URL": "http://127.0.0.1.example.test"}, "is not on this machine"),
        ({"CCXT_URL": "http://127.0.0.1:1"}, "binanceus lists no markets"),
        ({"CCXT_EXCHANGE": "bitflyer"}, "bitflyer cannot be traded here"),
    ],
)
async def test_settings_that_cannot_be_used_are_named(
    environment: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "BRIDGE_BACKEND": "ccxt",
        "CCXT_EXCHANGE": "binanceus",
        "CCXT_SYMBOLS": "BTC/USD",
        "CCXT_API_KEY": API_KEY,
        "CCXT_SECRET": SECRET,
        "CCXT_URL": "http://127.0.0.1:1",
    }
    for name, value in {**given, **environment}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises((CommandFailed, Unavailable), match=re.escape(said)) as raised:
        async with open_bridge(tmp_path, load_settings()):
            pass
    assert SECRET not in str(raised.value)


async def test_without_the_extra_it_says_which_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt.async_support", None)
    wanted = BridgeSettings(
        BRIDGE_BACKEND="ccxt",
        CCXT_EXCHANGE="binanceus",
        CCXT_SYMBOLS="BTC/USD",
        CCXT_API_KEY=SecretStr("k"),
        CCXT_SECRET=SecretStr("s"),
    )
    with pytest.raises(Unavailable, match=re.escape("jax-trading-assistant[ccxt]")):
        async with open_bridge(tmp_path, wanted):
            pass


def test_the_paper_bridge_does_not_import_ccxt() -> None:
    asked = "import sys, jax.app.bridge.wiring; print([name for name in sys.modules if 'ccxt' == name[:4]])"
    ended = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(SRC)},
    )
    assert ended.stdout.strip() == "[]"
