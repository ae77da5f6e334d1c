"""An older executor's table of trades in a real database, and a shadow's decisions in another."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import asyncpg

from tests.postgres_server import run_sql

TABLE = """
    CREATE TABLE trades (
        id serial PRIMARY KEY, signal_id text UNIQUE, symbol text NOT NULL, direction text NOT NULL,
        entry double precision NOT NULL, stop double precision NOT NULL, targets jsonb NOT NULL,
        risk jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
    )
"""


def make_table(url: str) -> None:
    run_sql(url, TABLE)


def trade(url: str, signal_id: str, trade: Mapping[str, Any]) -> None:
    """Records what the trader's HTTP answer calls a trade, as the older executor would have."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(
                "INSERT INTO trades (signal_id, symbol, direction, entry, stop, targets, risk) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                signal_id,
                trade["symbol"],
                "LONG" if trade["direction"] == "BUY" else "SHORT",
                float(trade["entry_price"]),
                float(trade["stop_loss"]),
                json.dumps([trade["take_profit"]]),
                json.dumps({"quantity": float(trade["quantity"])}),
            )
        finally:
            await connection.close()

    asyncio.run(run())


def fetch(url: str, question: str) -> list[tuple[Any, ...]]:
    """The rows that answer it."""

    async def run() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(question)]
        finally:
            await connection.close()

    return asyncio.run(run())
