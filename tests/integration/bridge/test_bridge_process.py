"""ib-bridge as people run it: real processes, real HTTP, real signals."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.brokers.bridge.bridge_client import BridgeClient, open_bridge_client
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Refused, Unavailable
from tests.contract import broker_venues
from tests.contract.broker_venues import bar, instrument_of
from tests.integration.bridge.bridge_process import bridge_process, run_bridge, run_file
from tests.integration.trader.trader_process import free_port

TOKEN = "correct-horse-battery-staple"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[BridgeClient]:
    async with open_bridge_client(url, boot_id="boot-1", instrument_of=instrument_of) as client:
        yield client


def order(client: BridgeClient, name: str, **terms: Any) -> Order:
    """To be sent within a minute of real time."""
    venue = broker_venues.Venue(client, "paper", Decimal(100_000), client.on_bars)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    return broker_venues.order(venue, name, **{"deadline_at": soon, **terms})


def venue_file(home: Path) -> Path:
    return home / "bridge" / "paper-venue.sqlite3"


def rows_of(file: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchall()


def holds(file: Path, name: str) -> bool:
    return name.encode() in file.read_bytes()


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 - another process, which tells nobody
            await asyncio.sleep(0.002)


async def test_killed_before_the_venue_had_the_order_it_is_never_sent_after(home: Path) -> None:
    port = free_port()
    with bridge_process(home, port) as bridge:
        async with client_of(bridge.url) as client:
            await client.on_bars([bar(0, close="150")])
            with closing(sqlite3.connect(venue_file(home), isolation_level=None)) as somebody:
                # The venue's books are held: the order is booked by the bridge and goes no further.
                somebody.execute("BEGIN IMMEDIATE")
                placing = asyncio.create_task(client.place(order(client, "jx1")))
                book = home / "bridge" / "book.sqlite3-wal"
                await until(partial(holds, book, "jx1"))
                bridge.kill()
                somebody.execute("ROLLBACK")
            with pytest.raises(OutcomeUnknown):
                await placing
    with bridge_process(home, port) as restarted:
        async with client_of(restarted.url) as client:
            with pytest.raises(OutcomeUnknown, match="sent once"):
                await client.place(order(client, "jx1"))
            with pytest.raises(NotFound):
                await client.query("jx1")
            assert await client.positions("paper") == {}
            assert (await client.place(order(client, "jx2"))).status is OrderStatus.FILLED
    assert rows_of(venue_file(home), "SELECT client_order_id FROM orders") == [("jx2",)]


async def test_killed_between_the_venues_commit_and_the_answer_there_is_one_order(home: Path) -> None:
    port = free_port()
    for attempt in range(4):
        name = f"jx{attempt}"
        with bridge_process(home, port) as bridge:
            async with client_of(bridge.url) as client:
                await client.on_bars([bar(0, close="150")])
                placing = asyncio.create_task(client.place(order(client, name)))
                # Its first bytes are in the file before the commit is answered.
                wal = venue_file(home).with_name("paper-venue.sqlite3-wal")
                await until(partial(holds, wal, name))
                bridge.kill()
                with suppress(PortError):
                    await placing
        with bridge_process(home, port) as restarted:
            async with client_of(restarted.url) as client:
                try:
                    again = await client.place(order(client, name))
                except OutcomeUnknown:
                    # It died before the venue's commit was on disk.
                    assert (
                        rows_of(venue_file(home), f"SELECT * FROM orders WHERE client_order_id = '{name}'")
                        == []
                    )
                else:
                    assert again.status is OrderStatus.FILLED
                    assert await client.place(order(client, name)) == again
            restarted.stop()
    names = [name for (name,) in rows_of(venue_file(home), "SELECT client_order_id FROM orders")]
    assert len(names) == len(set(names))
    fills = rows_of(venue_file(home), "SELECT client_order_id FROM fills")
    assert sorted(fills) == sorted((name,) for name in names)


async def test_floor_kill_and_refusals_survive_kill_9(home: Path) -> None:
    port = free_port()
    with bridge_process(home, port) as bridge:
        async with client_of(bridge.url) as client:
            await client.on_bars([bar(0, close="150")])
            await client.raise_epoch("paper", 3)
            await client.kill("paper", reason="drill")
            with pytest.raises(Refused) as refused:
                await client.place(order(client, "jx1", epoch=3))
            assert refused.value.code == "KILLED"
            bridge.kill()
    with bridge_process(home, port) as restarted:
        assert "KILLED (drill), takes no orders" in restarted.said
        async with client_of(restarted.url) as client:
            status = await client.status("paper")
            assert (status.epoch, status.killed) == (3, "drill")
            await client.release_kill("paper")
            with pytest.raises(Refused) as refused:
                await client.place(order(client, "jx1", epoch=3))
            assert refused.value.code == "KILLED"
            with pytest.raises(Refused) as refused:
                await client.place(order(client, "jx2", epoch=2))
            assert refused.value.code == "FENCED"
            assert (await client.place(order(client, "jx3", epoch=3))).status is OrderStatus.FILLED


async def test_a_bridge_that_hangs_is_unknown_and_goes_on_where_it_was(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jax.adapters.brokers.bridge.bridge_line._ANSWER_WITHIN_SECONDS", 0.5)
    with bridge_process(home, free_port()) as bridge:
        async with client_of(bridge.url) as client:
            await client.on_bars([bar(0, close="150")])
            bridge.process.send_signal(signal.SIGSTOP)
            with pytest.raises(OutcomeUnknown):
                await client.place(order(client, "jx1"))
            with pytest.raises(Unavailable):
                await client.query("jx1")
            bridge.process.send_signal(signal.SIGCONT)
            until_it_is_known = time.monotonic() + 20
            while time.monotonic() < until_it_is_known:
                with suppress(NotFound, Unavailable):
                    if (await client.query("jx1")).status is OrderStatus.FILLED:
                        break
            assert await client.positions("paper") == {"AAPL": Decimal(10)}


async def test_a_bridge_that_is_not_there_has_done_nothing(home: Path) -> None:
    async with client_of(f"http://127.0.0.1:{free_port()}") as client:
        for call in (
            client.place(order(client, "jx1")),
            client.cancel("jx1"),
            client.query("jx1"),
            client.kill("paper", reason="drill"),
            client.status("paper"),
        ):
            with pytest.raises(Unavailable, match="cannot be reached"):
                await call


def test_a_second_bridge_on_the_same_home_is_told_so(home: Path) -> None:
    with bridge_process(home, free_port()):
        second = run_bridge(home, "--port", str(free_port()))
    assert second.returncode == 1
    assert "another bridge uses the book" in second.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_it_is_and_stops_when_told(home: Path, number: signal.Signals) -> None:
    port = free_port()
    with bridge_process(home, port) as bridge:
        assert bridge.stop(number) == 0
        assert "venue paper, account paper; takes orders" in bridge.said.splitlines()[0]
        assert f"http://127.0.0.1:{port}" in bridge.said
    assert run_file(home) == {}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"BRIDGE_BACKEND": "ib"}, "BRIDGE_BACKEND=ib needs IB_ACCOUNT"),
        ({"BRIDGE_BACKEND": "tws"}, "BRIDGE_BACKEND=tws is not known; allowed: 'paper', 'ib' or 'ccxt'"),
        ({"BRIDGE_MAX_NOTIONAL_PER_MINUTE": "0"}, "BRIDGE_MAX_NOTIONAL_PER_MINUTE=0 must be above zero"),
        ({"PAPER_VOLUME_FRACTION": "2"}, "PAPER_VOLUME_FRACTION=2 must be above 0 and at most 1"),
        ({"PAPER_FAULTS": "delay"}, "PAPER_FAULTS=delay is not of the form seed=7 lost_answer=0.05"),
        ({"PAPER_FAULTS": "delay=0.1"}, "PAPER_FAULTS=delay=0.1 must name a seed"),
        ({"PAPER_STARTING_CASH": "much"}, "PAPER_STARTING_CASH=much is not a decimal number"),
    ],
)
def test_settings_that_cannot_be_used_are_named(home: Path, environment: dict[str, str], said: str) -> None:
    ended = run_bridge(home, **environment)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert said in line
    assert "unset" in line


def test_other_machines_need_a_token(home: Path) -> None:
    ended = run_bridge(home, "--host", "0.0.0.0")
    assert ended.returncode == 1
    assert "JAX_API_TOKEN" in ended.stderr


def test_its_help_has_an_example(home: Path) -> None:
    ended = run_bridge(home, "--help")
    assert ended.returncode == 0
    assert "Example:" in ended.stdout
