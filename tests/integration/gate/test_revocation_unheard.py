"""A revocation that the trader cannot hear of, at the worst moments, stops it all the same."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from tests.integration.gate.emergency import (
    Released,
    Situation,
    approved,
    by_sql,
    execute,
    release,
    running,
    stopping,
    trade_into_it,
    until,
)
from tests.integration.postgres.cutting_proxy import CuttingProxy
from tests.integration.trader.trader_process import TraderProcess
from tests.postgres_server import run_sql

_LISTENERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
)
_EVERYBODY = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Released:
    return release(tmp_path / "home", database_url)


def _without_notifications(desk: Released) -> None:
    run_sql(desk.database_url, "DROP TRIGGER revocation_told ON gate.revocation", stopping(desk))


def _while_nobody_listens(desk: Released) -> None:
    run_sql(desk.database_url, f"{_LISTENERS}; {stopping(desk)}")


async def _connected(desk: Released) -> asyncpg.Connection:
    return await asyncpg.connect(desk.database_url)


def _check_it_stops(desk: Released, trader: TraderProcess, before: Situation, stopped_at: datetime) -> None:
    until(lambda: running(trader) == {desk.other.payload_sha256})
    until(lambda: desk.status_of(before.working) == "CANCELED")
    denied = trader.post("/api/v1/execute", before.waiting)
    assert denied.status_code in {422, 423}, denied.text
    assert set(desk.at_the_broker()) == {before.filled["order_id"], before.working["order_id"]}
    assert desk.traded_after(stopped_at) == 0


@pytest.mark.parametrize("stop", [_without_notifications, _while_nobody_listens])
def test_it_stops_without_being_told(desk: Released, stop: Callable[[Released], None]) -> None:
    with desk.trader() as trader:
        before = trade_into_it(trader)
        stop(desk)
        _check_it_stops(desk, trader, before, desk.now())


def test_it_stops_when_every_connection_was_down(desk: Released, postgres_server_url: str) -> None:
    name = desk.database_url.rpartition("/")[2]
    with desk.trader() as trader, asyncio.Runner() as runner:
        before = trade_into_it(trader)
        revoker = runner.run(_connected(desk))
        run_sql(postgres_server_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        for statement in (_EVERYBODY, stopping(desk), _EVERYBODY):
            runner.run(revoker.execute(statement))
        while_away = trader.post("/api/v1/execute", before.waiting, timeout=60)
        run_sql(postgres_server_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        runner.run(revoker.close())
        stopped_at = desk.now()
        _check_it_stops(desk, trader, before, stopped_at)
    assert while_away.status_code in {422, 423, 503}


async def test_it_stops_when_the_network_comes_back(desk: Released) -> None:
    proxy, loop = CuttingProxy(desk.database_url), asyncio.get_running_loop()

    def scenario() -> None:
        with desk.trader(proxy.url) as trader, ThreadPoolExecutor() as somebody:
            before = trade_into_it(trader)
            loop.call_soon_threadsafe(proxy.is_open.clear)
            stopped_at = by_sql(desk)
            asked = somebody.submit(trader.post, "/api/v1/execute", before.waiting, timeout=60)
            loop.call_soon_threadsafe(proxy.is_open.set)
            assert asked.result().status_code in {422, 423, 503}
            _check_it_stops(desk, trader, before, stopped_at)

    async with proxy.listening():
        await asyncio.to_thread(scenario)


def test_it_stops_when_its_process_stood_still_meanwhile(desk: Released) -> None:
    with desk.trader() as trader, ThreadPoolExecutor() as somebody:
        before = trade_into_it(trader)
        trader.process.send_signal(signal.SIGSTOP)
        asked = somebody.submit(trader.post, "/api/v1/execute", before.waiting, timeout=60)
        stopped_at = by_sql(desk)
        trader.process.send_signal(signal.SIGCONT)
        assert asked.result().status_code == 422
        _check_it_stops(desk, trader, before, stopped_at)
        goes_on = execute(trader, approved(trader, day=7, symbol="MSFT"))
    assert goes_on["status"] == "FILLED"


def test_it_stops_while_somebody_holds_the_audit_log(desk: Released) -> None:
    """An act at the gate that was begun and left open keeps everybody else from the record."""

    with desk.trader() as trader, asyncio.Runner() as runner:
        before = trade_into_it(trader)
        holding = runner.run(_connected(desk))
        runner.run(holding.execute("BEGIN"))
        runner.run(holding.execute(f"SELECT pg_advisory_xact_lock({0x6A61785F61756469})"))
        stopped_at = by_sql(desk)
        until(lambda: running(trader) == {desk.other.payload_sha256})
        until(lambda: desk.at_the_broker()[before.working["order_id"]] == "CANCELED")
        assert desk.status_of(before.working) == "NEW", "its cancel cannot be booked yet"
        refused = trader.get("/health").json()["artifacts_refused"]
        denied = trader.post("/api/v1/execute", before.waiting, timeout=30)
        runner.run(holding.close())
        _check_it_stops(desk, trader, before, stopped_at)
        until(lambda: desk.asked(_RECORDED) == 1)
    assert [found["reason"] for found in refused] == ["it is revoked"]
    assert denied.status_code in {422, 503}


_RECORDED = "SELECT count(*) FROM audit.entry WHERE kind = 'artifacts.loaded' AND data LIKE '%it is revoked%'"
