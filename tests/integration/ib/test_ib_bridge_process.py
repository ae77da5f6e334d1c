"""ib-bridge in front of a gateway: real processes, real HTTP, the wire of TWS, and kill -9."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from jax.adapters.brokers.bridge.bridge_client import BridgeClient, open_bridge_client
from jax.adapters.system.system_clock import SystemClock
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Unavailable
from tests.contract import broker_venues
from tests.contract.broker_venues import INSTRUMENTS, bar, instrument_of
from tests.ib_gateway.script import Reaction
from tests.ib_gateway.server import ACCOUNT, ScriptedGateway, open_gateway
from tests.integration.bridge.bridge_process import BridgeProcess, bridge_process
from tests.integration.trader.trader_process import free_port

CYCLES = 2
TRADERS = 4


@pytest.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    async with open_gateway(SystemClock()) as opened:
        opened.trade_bars([bar(0, close="150")], INSTRUMENTS)
        yield opened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def order(client: BridgeClient, name: str, **terms: Any) -> Order:
    """To be sent within a minute of real time."""
    venue = broker_venues.Venue(client, ACCOUNT, Decimal(0), client.on_bars)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    return broker_venues.order(venue, name, **{"deadline_at": soon, **terms})


class Running:
    """A bridge in front of the gateway, and a client of it; started off the loop that serves the gateway."""

    def __init__(self, home: Path, gateway: ScriptedGateway, port: int) -> None:
        environment = {
            "BRIDGE_BACKEND": "ib",
            "IB_GATEWAY_PORT": str(gateway.port),
            "IB_ACCOUNT": ACCOUNT,
            "IB_CLIENT_ID": "7",
        }
        self._process = bridge_process(home, port, **environment)
        self._client = open_bridge_client(
            f"http://127.0.0.1:{port}", boot_id="boot-1", instrument_of=instrument_of
        )

    async def __aenter__(self) -> tuple[BridgeProcess, BridgeClient]:
        bridge = await asyncio.to_thread(self._process.__enter__)
        return bridge, await self._client.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._client.__aexit__(None, None, None)
        await asyncio.to_thread(self._process.__exit__, None, None, None)


async def executions(bridge: BridgeProcess) -> list[dict[str, Any]]:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{bridge.url}/api/v1/executions", params={"account": ACCOUNT})
    told: list[dict[str, Any]] = answer.raise_for_status().json()["executions"]
    return told


async def resolved(client: BridgeClient, name: str) -> OrderStatus | None:
    """Asked until the bridge knows; None: it is known not to be there."""
    async with asyncio.timeout(30):
        while True:
            try:
                return (await client.query(name)).status
            except NotFound:
                return None
            except Unavailable:
                await asyncio.sleep(0.01)


async def test_an_order_fills_and_is_there_once_after_kill_9(home: Path, gateway: ScriptedGateway) -> None:
    port = free_port()
    async with Running(home, gateway, port) as (bridge, client):
        assert f"venue ib, account {ACCOUNT}; takes orders" in bridge.said.splitlines()[0]
        await client.on_bars([bar(0, close="150")])
        filled = await client.place(order(client, "jx1"))
        assert filled.status is OrderStatus.FILLED
        working = await client.place(order(client, "jx2", limit="140"))
        booked = await executions(bridge)
        assert [told["fill"]["price"] for told in booked] == ["150"]
        assert (await client.quote("AAPL")).bid == 150
        bridge.kill()
    await gateway.restart(next_valid_id=1)
    async with Running(home, gateway, port) as (bridge, client):
        assert await client.place(order(client, "jx1")) == filled
        assert await client.query("jx2") == working
        assert await executions(bridge) == booked
        assert await client.positions(ACCOUNT) == {"AAPL": Decimal(10)}
        assert (await client.cancel("jx2")).status is OrderStatus.CANCELED
        # The instrument was told before the kill.
        assert (await client.place(order(client, "jx3"))).status is OrderStatus.FILLED
    assert [(sent.order_ref, sent.order_id) for sent in gateway.book.arrived] == [
        ("jx1", 1),
        ("jx2", 2),
        ("jx3", 3),
    ]


async def test_killed_between_arrival_and_answer_there_is_one_order(
    home: Path, gateway: ScriptedGateway
) -> None:
    port = free_port()
    gateway.script.otherwise = Reaction.SAY_NOTHING
    async with Running(home, gateway, port) as (bridge, client):
        await client.on_bars([bar(0, close="150")])
        placing = asyncio.create_task(client.place(order(client, "jx1")))
        async with asyncio.timeout(20):
            while not gateway.book.arrived:  # noqa: ASYNC110 - the other side of the wire tells nobody
                await asyncio.sleep(0.001)
        bridge.kill()
        with pytest.raises(OutcomeUnknown):
            await placing
    gateway.script.otherwise = Reaction.TAKE
    async with Running(home, gateway, port) as (bridge, client):
        report = await client.place(order(client, "jx1"))
        assert report.status is OrderStatus.FILLED
        assert len(await executions(bridge)) == 1
    assert gateway.book.arrivals() == {"jx1": 1}


@pytest.mark.soak
async def test_killed_again_and_again_under_load_no_order_is_doubled_and_no_fill_lost(
    home: Path, gateway: ScriptedGateway
) -> None:
    port, names = free_port(), list[str]()

    async def trade(client: BridgeClient, trader: str) -> None:
        for number in range(10_000):
            names.append(f"{trader}-{number}")
            with suppress(PortError):
                await client.place(order(client, names[-1], quantity=Decimal(1)))

    for cycle in range(CYCLES):
        async with Running(home, gateway, port) as (bridge, client):
            await client.on_bars([bar(0, close="150")])
            trading = [asyncio.create_task(trade(client, f"c{cycle}t{n}")) for n in range(TRADERS)]
            wanted = len(gateway.book.arrived) + 6
            async with asyncio.timeout(30):
                while len(gateway.book.arrived) < wanted:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.001)
            bridge.kill()
            for task in trading:
                task.cancel()
            await asyncio.gather(*trading, return_exceptions=True)
    async with Running(home, gateway, port) as (bridge, client):
        # Asked at the same time, they share the questions to the gateway.
        standings = await asyncio.gather(*(resolved(client, name) for name in names))
        after = dict(zip(names, standings, strict=True))
        told = [entry["fill"]["client_order_id"] for entry in await executions(bridge)]
        positions = await client.positions(ACCOUNT)
    arrivals = gateway.book.arrivals()
    assert set(arrivals.values()) == {1}
    assert sorted(told) == sorted(arrivals)
    assert {name for name, status in after.items() if status is OrderStatus.FILLED} == set(arrivals)
    assert positions == {"AAPL": Decimal(len(arrivals))}
    ids = [sent.order_id for sent in gateway.book.arrived]
    assert ids == sorted(set(ids))
