"""How long a trader takes from its start to its first answer, with a long past behind it and at the bridge.

The same trader is started without the past first: what it takes then is no matter of recovery.
"""

import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from jax.adapters.postgres.migrations import migrate_to_head
from tests.bench.execute_http import MORE_SIGNALS, ROOM, cpu_seconds
from tests.integration.bridge.bridge_process import bridge_process
from tests.integration.trader.approved_strategy import Variant
from tests.integration.trader.bridged_trader import settings_for, until
from tests.integration.trader.trader_process import TraderProcess, free_port, trader_process
from tests.integration.trader.trading_home import approved_signal, prepare
from tests.postgres_server import fresh_database, run_sql, running_server

_OPEN, _FILLS = 10_000, 100_000
# Copies of the one order that works, and of the one fill that was booked.
_PAST = f"""
    CREATE TEMPORARY TABLE many AS SELECT n, 'old' || n AS signal_id, 'jxold' || n AS id
        FROM generate_series(1, {_OPEN}) AS n;
    INSERT INTO trading.signal SELECT (jsonb_populate_record(one, jsonb_build_object(
            'signal_id', many.signal_id))).* FROM many, trading.signal AS one WHERE one.signal_id = 'bench1';
    INSERT INTO trading.orders SELECT (jsonb_populate_record(one, jsonb_build_object(
            'client_order_id', id, 'signal_id', many.signal_id, 'status', 'PENDING_NEW',
            'venue_order_id', 'paper-' || (1000000 + n)))).*
        FROM many, trading.orders AS one WHERE one.signal_id = 'bench1';
    INSERT INTO trading.trade SELECT (jsonb_populate_record(one, jsonb_build_object(
            'trade_id', 'tr' || n, 'client_order_id', id, 'signal_id', many.signal_id))).*
        FROM many, trading.trade AS one WHERE one.signal_id = 'bench1';
    UPDATE trading.orders SET status = 'NEW' WHERE client_order_id LIKE 'jxold%';
    INSERT INTO trading.fill (account, execution_id, client_order_id, symbol, side, quantity, price,
            commission, ts_event, revision)
        SELECT account, 'old' || n, client_order_id, symbol, CASE WHEN n % 2 = 0 THEN 'BUY' ELSE 'SELL' END,
            1, 150, 0, ts_event, 0
        FROM generate_series(1, {_FILLS}) AS n, (SELECT * FROM trading.fill LIMIT 1) AS one;
    ANALYZE;
"""
_PAST_AT_THE_VENUE = f"""
    CREATE TEMPORARY TABLE many AS
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {_FILLS}) SELECT n FROM n;
    INSERT INTO orders (number, client_order_id, account, symbol, side, order_type, quantity, limit_price,
            time_in_force, status, reduce_only)
        SELECT 1000000 + n, 'jxold' || n, account, symbol, side, order_type, quantity, limit_price,
            time_in_force, status, reduce_only
        FROM many, (SELECT * FROM orders WHERE status = 'NEW' AND NOT reduce_only) WHERE n <= {_OPEN};
    INSERT INTO fills (execution_id, client_order_id, symbol, side, quantity, price, commission, ts_event)
        SELECT 'old' || n, client_order_id, symbol, CASE WHEN n % 2 = 0 THEN 'BUY' ELSE 'SELL' END, '1',
            '150', '0', ts_event
        FROM many, (SELECT * FROM fills LIMIT 1);
"""


def run() -> None:
    with running_server() as server, fresh_database(server) as url, tempfile.TemporaryDirectory() as folder:
        asyncio.run(migrate_to_head(url))
        home = Path(folder) / "home"
        prepare(home, url, variant=Variant(max_orders_per_minute=1_000_000))
        port = free_port()
        settings = {**settings_for(url, f"http://127.0.0.1:{port}"), **ROOM}
        with bridge_process(home, port):
            with trader_process(home, **settings) as trader:
                _trade(trader, url)
                assert trader.stop() == 0
            without = _time_to_start(home, settings)
        run_sql(url, _PAST)
        with closing(sqlite3.connect(home / "bridge" / "paper-venue.sqlite3")) as venue:
            venue.executescript(_PAST_AT_THE_VENUE)
        with bridge_process(home, port):
            taken = _time_to_start(home, settings)
    print(
        f"start of a trader {taken} with {_OPEN:,} open orders and {_FILLS:,} fills, {without} without them"
    )


def _trade(trader: TraderProcess, url: str) -> None:
    """One order that is filled, and one that works a tenth below the market."""
    body = approved_signal(trader)
    assert trader.post("/api/v1/execute", body).status_code == 201
    # The stop and the target.
    until(lambda: len(trader.get("/api/v1/orders").json()["orders"]) == 3)
    run_sql(url, MORE_SIGNALS.format(count=1, like=body["signal_id"]))
    more = {"signal_id": "bench1", "approved_by": "olivia"}
    assert trader.post("/api/v1/execute", more).json()["trade"]["status"] == "NEW"


def _time_to_start(home: Path, settings: dict[str, str]) -> str:
    """Until a healthy answer, of a trader that finds nothing amiss."""
    begun = time.perf_counter()
    with trader_process(home, **settings) as trader:
        until(lambda: trader.get("/health").json()["status"] == "ok", otherwise=lambda: trader.said)
        taken, processor = time.perf_counter() - begun, cpu_seconds(trader.process.pid)
        assert trader.get("/api/v1/account", timeout=60).json()["differences"] == []
        assert trader.stop() == 0
    return f"{taken:.1f} s ({processor:.1f} s of the processor)"


if __name__ == "__main__":
    run()
