"""A file that an older version wrote is one of today's when it is opened, and loses nothing."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.paper.venue_schema import VERSION
from jax.domain.order import TimeInForce
from jax.domain.order_status import OrderStatus
from tests.contract.broker_venues import OPENING, Venue, bar, order, paper_broker, way_out

FILE = "paper-broker.sqlite3"
AT = (OPENING + timedelta(hours=6, minutes=30)).isoformat()
FIRST_FORMAT = f"""
CREATE TABLE account (account TEXT PRIMARY KEY, currency TEXT NOT NULL, starting_cash TEXT NOT NULL) STRICT;
CREATE TABLE listings (
    symbol TEXT PRIMARY KEY, mic TEXT NOT NULL, currency TEXT NOT NULL, price_increment TEXT NOT NULL,
    lot_size TEXT NOT NULL, multiplier TEXT NOT NULL, bid TEXT NOT NULL, ask TEXT NOT NULL,
    ts_event TEXT NOT NULL
) STRICT;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, client_order_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
    symbol TEXT NOT NULL, side TEXT NOT NULL, order_type TEXT NOT NULL, quantity TEXT NOT NULL,
    limit_price TEXT, time_in_force TEXT NOT NULL, status TEXT NOT NULL, reason_code TEXT
) STRICT;
CREATE INDEX working_orders ON orders (symbol) WHERE status = 'NEW';
CREATE TABLE fills (
    number INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT NULL UNIQUE,
    client_order_id TEXT NOT NULL REFERENCES orders (client_order_id), symbol TEXT NOT NULL,
    side TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, commission TEXT NOT NULL,
    ts_event TEXT NOT NULL
) STRICT;
CREATE INDEX fills_of_order ON fills (client_order_id);
INSERT INTO account VALUES ('paper', 'USD', '50000');
INSERT INTO listings VALUES ('AAPL', 'XNAS', 'USD', '0.01', '1', '1', '150', '150', '{AT}');
INSERT INTO orders VALUES (1, 'jx1', 'paper', 'AAPL', 'BUY', 'MARKET', '10', NULL, 'DAY', 'FILLED', NULL);
INSERT INTO fills VALUES (1, 'jx1-1', 'jx1', 'AAPL', 'BUY', '10', '150', '0', '{AT}');
INSERT INTO orders VALUES (2, 'jx2', 'paper', 'AAPL', 'SELL', 'LIMIT', '4', '160', 'DAY', 'NEW', NULL);
INSERT INTO orders VALUES
    (3, 'jx3', 'paper', 'GONE', 'BUY', 'MARKET', '4', NULL, 'DAY', 'REJECTED', 'NO_QUOTE');
PRAGMA user_version = 1;
"""


def write_first_format(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(FIRST_FORMAT)


async def test_orders_fills_and_cash_of_the_first_format_are_all_there(tmp_path: Path) -> None:
    write_first_format(tmp_path / FILE)
    async with paper_broker(tmp_path / FILE) as broker:
        venue = Venue(broker, "paper", Decimal(50_000), broker.on_bars)
        assert (await broker.account("paper")).cash == 48_500
        assert await broker.positions("paper") == {"AAPL": Decimal(10)}
        again = await broker.place(order(venue, "jx1"))
        assert (again.status, again.venue_order_id, len(again.fills)) == (OrderStatus.FILLED, "paper-1", 1)
        assert (await broker.query("jx3")).reason_code == "NO_QUOTE"
        status = await broker.status("paper")
        assert (status.problem, status.killed, status.epoch) == (None, None, 0)
        assert (await broker.events(after=0)).events == []
        (working,) = await broker.working_orders("paper")
        assert (working.client_order_id, working.leaves_quantity) == ("jx2", Decimal(4))
        await broker.on_bars([bar(1, close="161")])
        assert (await broker.query("jx2")).status is OrderStatus.FILLED
        stop = way_out(venue, "jx4", 6, stop="150", time_in_force=TimeInForce.GTC)
        assert (await broker.place(stop)).status is OrderStatus.NEW


def make_second_format(file: Path) -> None:
    """Takes away what the third has added."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE journal")
        connection.execute("DROP INDEX exits_of_entry")
        for column in ("bracket_stop_price", "bracket_target_price", "entry_id"):
            connection.execute(f"ALTER TABLE orders DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()


async def test_a_journal_of_the_second_format_is_given_a_name_that_stays(tmp_path: Path) -> None:
    write_first_format(tmp_path / FILE)
    async with paper_broker(tmp_path / FILE):
        pass
    make_second_format(tmp_path / FILE)
    names = []
    for _ in range(2):
        async with paper_broker(tmp_path / FILE) as broker:
            names.append((await broker.events(after=0)).journal)
    assert names[0] == names[1] != ""


async def test_an_old_file_is_changed_once(tmp_path: Path) -> None:
    write_first_format(tmp_path / FILE)
    for _ in range(2):
        async with paper_broker(tmp_path / FILE) as broker:
            assert await broker.positions("paper") == {"AAPL": Decimal(10)}
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("SELECT filled_quantity FROM orders ORDER BY number").fetchall() == [
            ("10",),
            ("0",),
            ("0",),
        ]


async def test_a_file_from_before_brackets_takes_them(tmp_path: Path) -> None:
    async with paper_broker(tmp_path / FILE) as broker:
        venue = Venue(broker, "paper", Decimal(100_000), broker.on_bars)
        await broker.on_bars([bar(0, close="150")])
        await broker.place(order(venue, "jx1", 10))
        await broker.place(way_out(venue, "jx2", 10, stop="145"))
    make_second_format(tmp_path / FILE)
    async with paper_broker(tmp_path / FILE) as broker:
        assert (await broker.query("jx2")).status is OrderStatus.NEW
        bracketed = replace(order(venue, "jx3", 5), bracket_stop_price=Decimal(146))
        await broker.place(bracketed)
        assert len(await broker.working_orders("paper")) == 2
        await broker.on_bars([bar(1, close="140")])
        assert await broker.positions("paper") == {}
