"""kill -9 again and again, under load and with a venue that lies: no order is doubled, none is lost."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.brokers.bridge.bridge_client import BridgeClient, open_bridge_client
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.ports.errors import NotFound, OutcomeUnknown, Refused, Unavailable
from tests.contract.broker_venues import Venue, bar, instrument_of, order
from tests.integration.bridge.bridge_process import bridge_process
from tests.integration.trader.trader_process import free_port

CYCLES = 8
TRADERS = 6
FAULTS = "seed=11 lost_request=0.05 lost_answer=0.1 duplicate=0.2 reject=0.05 delay=0.2 delay_seconds=0.01"


@dataclass
class Told:
    """What each trader was told of its orders, by their names."""

    outcomes: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    async def place(self, client: BridgeClient, placed: Order) -> None:
        name = placed.client_order_id
        self.orders[name] = placed
        try:
            report = await client.place(placed)
        except Refused as error:
            self.outcomes[name] = f"REFUSED {error.code}"
        except (OutcomeUnknown, Unavailable):
            self.outcomes.setdefault(name, "UNKNOWN")
        else:
            self.outcomes[name] = report.status


async def trade(client: BridgeClient, told: Told, trader: str) -> None:
    """One order after the other, and at times one of those before once more, until somebody ends it."""
    number = 0
    while True:
        number += 1
        venue = Venue(client, "paper", Decimal(0), client.on_bars)
        soon = datetime.now(UTC) + timedelta(minutes=2)
        await told.place(client, order(venue, f"{trader}-{number}", 1, deadline_at=soon))
        if number % 3 == 0:
            await told.place(client, told.orders[f"{trader}-{number - 1}"])


def fills_in(home: Path) -> Counter[str]:
    """How many fills the venue's own books hold of each order."""
    file = home / "bridge" / "paper-venue.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return Counter(name for (name,) in connection.execute("SELECT client_order_id FROM fills"))


async def resolved(client: BridgeClient, name: str) -> str:
    """Asked until the bridge knows."""
    async with asyncio.timeout(30):
        while True:
            try:
                report = await client.query(name)
            except NotFound:
                return "NOT FOUND"
            except Unavailable:
                await asyncio.sleep(0.01)
            else:
                return (
                    f"REFUSED {report.reason_code}"
                    if report.status is OrderStatus.REJECTED
                    else report.status
                )


@pytest.mark.soak
async def test_no_order_is_doubled_or_lost_by_a_bridge_that_is_killed_again_and_again(tmp_path: Path) -> None:
    home, port, told = tmp_path / "home", free_port(), Told()
    async with open_bridge_client(
        f"http://127.0.0.1:{port}", boot_id="boot-1", instrument_of=instrument_of
    ) as client:
        for cycle in range(CYCLES):
            with bridge_process(home, port, PAPER_FAULTS=FAULTS) as bridge:
                await client.on_bars([bar(cycle, close="150")])
                trading = [
                    asyncio.create_task(trade(client, told, f"c{cycle}t{trader}"))
                    for trader in range(TRADERS)
                ]
                await asyncio.sleep(0.5)
                bridge.kill()
                for task in trading:
                    task.cancel()
                await asyncio.gather(*trading, return_exceptions=True)
        with bridge_process(home, port):
            after = {name: await resolved(client, name) for name in told.orders}
            positions = await client.positions("paper")
    fills = fills_in(home)
    assert set(fills.values()) == {1}, "no order has filled twice"
    assert fills.keys() <= told.orders.keys()
    assert positions == {"AAPL": Decimal(len(fills))}
    for name, outcome in told.outcomes.items():
        assert outcome in {"UNKNOWN", after[name]}, f"{name}: told {outcome}, then {after[name]}"
    for name, outcome in after.items():
        assert (outcome == OrderStatus.FILLED) == (name in fills), f"{name}: {outcome}"
    counts = Counter(told.outcomes.values())
    assert counts["FILLED"] > CYCLES
    assert counts["UNKNOWN"] >= 1
