"""From POST /api/v1/execute to an acknowledged order: jax-trader, Postgres and ib-bridge as processes.

Beside it, in the same run, the floor: two processes that speak HTTP by hand, with two durable inserts.
The orders are limits away from the market: acknowledged, and not filled.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.postgres.migrations import migrate_to_head
from tests.bench.bare_service import read_message
from tests.bench.stopwatch import quantiles_ms
from tests.integration.bridge.bridge_process import BridgeProcess, bridge_process
from tests.integration.trader.approved_strategy import Variant
from tests.integration.trader.bridged_trader import settings_for
from tests.integration.trader.trader_process import TraderProcess, free_port, trader_process
from tests.integration.trader.trading_home import approved_signal, prepare
from tests.postgres_server import fresh_database, run_sql, running_server

_TIMES = 300
_PACED = 150
_EVERY_SECONDS = 0.02
ROOM = {
    "MAX_ORDERS_PER_MINUTE": "100000",
    "ORDER_BURST": "100000",
    "MAX_GROSS_EXPOSURE_PCT": "1000",
    "MAX_NET_EXPOSURE_PCT": "1000",
    "MAX_POSITION_SIZE": "0",
    "MAX_POSITION_VALUE_PCT": "1",
    "MAX_DAILY_LOSS": "1000000000",
    "MAX_QUOTE_AGE_SECONDS": "0",
    "MUST_BE_IN_SESSION": "false",
    "REPEAT_AFTER_SECONDS": "0",
    "MAX_CYCLE_NOTIONAL_PCT": "0",
    "MAX_DAILY_RISK": "1000000000",
    "PRICE_COLLAR_PCT": "0.5",
    "RUN_EVERY_SECONDS": "0",
}
# As the one that people have approved, a tenth below the market.
MORE_SIGNALS = """
    INSERT INTO trading.signal (signal_id, artifact_id, artifact_hash, strategy, symbol, side, entry_price,
        stop_loss, take_profit, confidence, reason, ts_event, created_at, status, decided_by, decided_at)
    SELECT 'bench' || n, artifact_id, artifact_hash, strategy, symbol, side, 135, 128, 150, confidence,
        reason, ts_event, created_at, 'APPROVED', 'olivia', now()
    FROM trading.signal, generate_series(1, {count}) AS n WHERE signal_id = '{like}'
"""


class Caller:
    """One client with one connection, which sends what it is told and measures the answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def answer(self, path: str, body: bytes) -> bytes:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self._writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return await read_message(self._reader)

    async def seconds(self, path: str, body: bytes) -> float:
        started = time.perf_counter()
        answer = await self.answer(path, body)
        taken = time.perf_counter() - started
        assert b'"code"' not in answer, answer
        return taken


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def call(port: int) -> Caller:
    return Caller(*await asyncio.open_connection("127.0.0.1", port))


async def back_to_back(caller: Caller, path: str, bodies: list[bytes]) -> list[float]:
    return [await caller.seconds(path, body) for body in bodies]


async def paced(caller: Caller, path: str, bodies: list[bytes]) -> list[float]:
    found, begins = [], time.perf_counter()
    for number, body in enumerate(bodies):
        await asyncio.sleep(max(0.0, begins + number * _EVERY_SECONDS - time.perf_counter()))
        found.append(await caller.seconds(path, body))
    return found


@contextmanager
def bare_services(url: str) -> Iterator[int]:
    """The floor's two processes; the port of the first."""
    run_sql(url, "CREATE TABLE bench (n int)")
    ports = free_port(), free_port()
    commands = ([str(ports[1])], [str(ports[0]), url, str(ports[1])])
    running = []
    try:
        for command in commands:
            running.append(subprocess.Popen([sys.executable, "-m", "tests.bench.bare_service", *command]))
            time.sleep(1.0)
        yield ports[0]
    finally:
        for process in running:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Services:
    """A trader and a bridge at work, their database, and signals that wait to be executed."""

    trader: TraderProcess
    bridge: BridgeProcess
    database_url: str
    bodies: list[bytes]

    @property
    def port(self) -> int:
        """The trader's."""
        return int(self.trader.url.rpartition(":")[2])

    def cpu_seconds(self) -> tuple[float, float]:
        """What trader and bridge have used of the processors, their background work included."""
        return cpu_seconds(self.trader.process.pid), cpu_seconds(self.bridge.process.pid)


@contextmanager
def services(signals: int) -> Iterator[Services]:
    """With room for that many executions in every limit."""
    with running_server() as server, fresh_database(server) as url, tempfile.TemporaryDirectory() as folder:
        asyncio.run(migrate_to_head(url))
        home = Path(folder) / "home"
        prepare(home, url, variant=Variant(max_orders_per_minute=1_000_000))
        port = free_port()
        with (
            bridge_process(home, port, PAPER_STARTING_CASH="1000000000") as bridge,
            trader_process(home, **settings_for(url, f"http://127.0.0.1:{port}", **ROOM)) as trader,
        ):
            like = approved_signal(trader)["signal_id"]
            run_sql(url, MORE_SIGNALS.format(count=signals, like=like))
            bodies = [
                json.dumps({"signal_id": f"bench{n}", "approved_by": "olivia"}).encode()
                for n in range(1, signals + 1)
            ]
            yield Services(trader, bridge, url, bodies)


def run() -> None:
    with services(_TIMES + _PACED + 20) as at_work, bare_services(at_work.database_url) as floor_port:
        before = at_work.cpu_seconds()
        asyncio.run(_measure(at_work.port, floor_port, at_work.bodies))
        after = at_work.cpu_seconds()
        ms = [(late - early) * 1e3 / len(at_work.bodies) for early, late in zip(before, after, strict=True)]
        print(f"processor time          {ms[0]:.2f} ms of the trader, {ms[1]:.2f} ms of the bridge each")


async def _measure(port: int, floor_port: int, bodies: list[bytes]) -> None:
    path, empty = "/api/v1/execute", b"{}"
    await back_to_back(await call(port), path, bodies[:20])
    for name, send, chosen in (
        ("execute, back to back", back_to_back, bodies[20 : 20 + _TIMES]),
        ("execute, every 20 ms", paced, bodies[20 + _TIMES :]),
    ):
        ours = await send(await call(port), path, chosen)
        least = await send(await call(floor_port), "/", [empty] * len(chosen))
        _print(name, ours, least)


def _print(name: str, ours: list[float], least: list[float]) -> None:
    ratio = sorted(ours)[len(ours) // 2] / sorted(least)[len(least) // 2]
    print(f"{name:22}  {quantiles_ms(ours)}   ({ratio:.1f} x the floor: {quantiles_ms(least)})")
