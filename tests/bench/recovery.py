"""What a trader reads at its start of an account with a long past: 10,000 open orders and 100,000 fills."""

import asyncio
import time

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from tests.desk import ACCOUNT
from tests.floor import Floor, booked
from tests.postgres_server import run_sql

_OPEN, _FILLS = 10_000, 100_000
# Copies of what the one trade has left that is there.
_PAST = f"""
    CREATE TEMPORARY TABLE many AS SELECT n, 'old' || n AS signal_id, 'jxold' || n AS id
        FROM generate_series(1, {_OPEN}) AS n;
    INSERT INTO trading.signal SELECT (jsonb_populate_record(one, jsonb_build_object(
            'signal_id', many.signal_id))).* FROM many, trading.signal AS one WHERE one.signal_id = 'bench0';
    INSERT INTO trading.orders SELECT (jsonb_populate_record(one, jsonb_build_object(
            'client_order_id', id, 'signal_id', many.signal_id, 'status', 'PENDING_NEW', 'filled_quantity', 0,
            'average_price', NULL))).* FROM many, trading.orders AS one WHERE one.signal_id = 'bench0';
    INSERT INTO trading.trade SELECT (jsonb_populate_record(one, jsonb_build_object(
            'trade_id', 'tr' || n, 'client_order_id', id, 'signal_id', many.signal_id))).*
        FROM many, trading.trade AS one WHERE one.signal_id = 'bench0';
    UPDATE trading.orders SET status = 'NEW' WHERE client_order_id LIKE 'jxold%';
    INSERT INTO trading.fill (account, execution_id, client_order_id, symbol, side, quantity, price,
            commission, ts_event, revision)
        SELECT account, 'old' || n, client_order_id, symbol, CASE WHEN n % 2 = 0 THEN 'BUY' ELSE 'SELL' END,
            1, 150, 0, ts_event, 0
        FROM generate_series(1, {_FILLS}) AS n, (SELECT * FROM trading.fill LIMIT 1) AS one;
    ANALYZE;
"""


async def measure(floor: Floor, url: str, stores: PostgresUnitOfWork) -> None:
    """`floor` has executed something, which is what is copied."""
    await asyncio.to_thread(run_sql, url, _PAST)
    books = booked(floor.desk, stores)
    started = time.perf_counter()
    async with books.begin() as transaction:
        book = await books.book(transaction)
    loaded = time.perf_counter() - started
    again = time.perf_counter()
    async with books.begin() as transaction:
        await books.book(transaction)
    looked = time.perf_counter() - again
    print(
        f"book of {ACCOUNT:10} {loaded:.2f} s to load with {_OPEN:,} open orders of "
        f"{book.reserved:,.0f} in currency and "
        f"{_FILLS:,} fills, {looked * 1e3:.1f} ms to look into it again"
    )
