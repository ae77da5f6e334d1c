"""A trade by a real trader on a real Postgres, and what is left of it after a crash."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jax.domain.audit import first_broken_entry
from tests.integration.trader.trader_process import TraderProcess, trader_process
from tests.integration.trader.trading_home import approved_signal, audit_of, prepare
from tests.postgres_server import run_sql


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_trade_survives_a_crash_and_is_never_made_twice(home: Path, database_url: str) -> None:
    artifact = prepare(home, database_url)
    # A fifth of the account for one trade, and room for both of one symbol.
    room = {"MAX_RISK_PER_TRADE": "0.00665", "MAX_POSITION_VALUE_PCT": "1"}
    settings = {"DATABASE_URL": database_url, "EXECUTION_ENABLED": "true", **room}
    with trader_process(home, **settings) as trader:
        loaded = trader.get("/health").json()["artifacts"]
        body = approved_signal(trader)
        first = trader.post("/api/v1/execute", body)
        trader.kill()
    with trader_process(home, **settings) as trader:
        again = trader.post("/api/v1/execute", body)
        trades = trader.get("/api/v1/trades").json()["trades"]
        next_trade = trader.post("/api/v1/execute", approved_signal(trader, 5))
        assert trader.stop() == 0
    assert [found["hash"] for found in loaded] == [artifact.payload_sha256]
    assert (first.status_code, first.json()["trade"]["status"]) == (201, "FILLED")
    assert (again.status_code, again.json()) == (200, first.json())
    assert trades == [first.json()["trade"]]
    # Net liquidation is as before; the second stop is further away, so that fewer units risk as much.
    assert (next_trade.status_code, next_trade.json()["trade"]["quantity"]) == (201, "88")
    entries = audit_of(database_url)
    assert first_broken_entry(entries) is None
    assert [entry.event.kind for entry in entries].count("artifacts.loaded") == 2


def test_a_kill_at_any_moment_of_an_execution_leaves_one_order_at_most(home: Path, database_url: str) -> None:
    prepare(home, database_url)
    settings = {"DATABASE_URL": database_url, "EXECUTION_ENABLED": "true", "MAX_RISK_PER_TRADE": "0.0005"}
    bodies = []
    for day, delay_seconds in enumerate((0.0, 0.005, 0.01, 0.02), start=4):
        with trader_process(home, **settings) as trader:
            bodies.append(approved_signal(trader, day))
            _execute_and_kill(trader, bodies[-1], delay_seconds)
    with trader_process(home, **settings) as trader:
        codes = {trader.post("/api/v1/execute", body).status_code for body in bodies}
        trades = _settled_trades(trader)
    # 422: reconciliation has proven already that the order never reached the broker.
    assert codes <= {200, 201, 202, 422}
    assert sorted(trade["signal_id"] for trade in trades) == sorted(body["signal_id"] for body in bodies)
    assert {trade["status"] for trade in trades} <= {"FILLED", "ABSENT"}
    filled = {trade["order_id"] for trade in trades if trade["status"] == "FILLED"}
    assert sorted(_orders_filled_at_the_broker(home)) == sorted(filled)


def test_a_database_that_goes_away_makes_it_unhealthy_and_stops_it_from_sending(
    home: Path, database_url: str, postgres_server_url: str
) -> None:
    prepare(home, database_url)
    name = database_url.rpartition("/")[2]
    with trader_process(home, DATABASE_URL=database_url, EXECUTION_ENABLED="true") as trader:
        body = approved_signal(trader)
        run_sql(
            postgres_server_url,
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        away = trader.get("/health")
        while_away = trader.post("/api/v1/execute", body)
        run_sql(postgres_server_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        _wait_until_fenced(trader)
        back = trader.get("/health").json()
        denied = trader.post("/api/v1/execute", body)
        assert trader.stop() == 0
    assert (away.status_code, away.json()["status"]) == (503, "unhealthy")
    assert away.json()["reasons"][0].startswith("database: ")
    assert while_away.status_code in {423, 503}
    assert back["database"]["ok"] is True
    assert "lost its lock" in back["reasons"][0]
    assert (denied.status_code, denied.json()["code"]) == (423, "FENCED")


def _execute_and_kill(trader: TraderProcess, body: dict[str, str], delay_seconds: float) -> None:
    """Sends the request, and kills the trader that many seconds later, answered or not."""

    async def run() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", trader.state["port"])
        content = str(body).replace("'", '"').encode()
        head = (
            "POST /api/v1/execute HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content)
        await writer.drain()
        await asyncio.sleep(delay_seconds)
        trader.kill()
        writer.close()
        del reader

    asyncio.run(run())


def _settled_trades(trader: TraderProcess) -> list[dict[str, Any]]:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        trades: list[dict[str, Any]] = trader.get("/api/v1/trades").json()["trades"]
        if not {trade["status"] for trade in trades} & {"PENDING_NEW", "UNKNOWN"}:
            return trades
        time.sleep(0.1)
    raise AssertionError(f"not settled: {trades}")


def _orders_filled_at_the_broker(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "paper-broker.sqlite3")) as books:
        return [row[0] for row in books.execute("SELECT client_order_id FROM fills")]


def _wait_until_fenced(trader: TraderProcess) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        health = trader.get("/health").json()
        if health["database"]["ok"] and health["reasons"]:
            return
        time.sleep(0.1)
    raise AssertionError(f"still {health}")
