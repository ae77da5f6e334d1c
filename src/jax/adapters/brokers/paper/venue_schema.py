"""The tables of the paper venue's file, and how an older file becomes one of today's."""

import sqlite3

VERSION = 3
_TABLES = """
CREATE TABLE account (
    account TEXT PRIMARY KEY, currency TEXT NOT NULL, starting_cash TEXT NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0, killed TEXT
) STRICT;
CREATE TABLE listings (
    symbol TEXT PRIMARY KEY, mic TEXT NOT NULL, currency TEXT NOT NULL, price_increment TEXT NOT NULL,
    lot_size TEXT NOT NULL, multiplier TEXT NOT NULL, bid TEXT NOT NULL, ask TEXT NOT NULL,
    ts_event TEXT NOT NULL, volume_left TEXT
) STRICT;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, client_order_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
    symbol TEXT NOT NULL, side TEXT NOT NULL, order_type TEXT NOT NULL, quantity TEXT NOT NULL,
    limit_price TEXT, time_in_force TEXT NOT NULL, status TEXT NOT NULL, reason_code TEXT,
    stop_price TEXT, reduce_only INTEGER NOT NULL DEFAULT 0, filled_quantity TEXT NOT NULL DEFAULT '0',
    triggered INTEGER NOT NULL DEFAULT 0, bracket_stop_price TEXT, bracket_target_price TEXT, entry_id TEXT
) STRICT;
CREATE INDEX open_orders ON orders (symbol) WHERE status IN ('NEW', 'PARTIALLY_FILLED');
CREATE INDEX exits_of_entry ON orders (entry_id) WHERE entry_id IS NOT NULL;
CREATE TABLE fills (
    number INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT NULL UNIQUE,
    client_order_id TEXT NOT NULL REFERENCES orders (client_order_id), symbol TEXT NOT NULL,
    side TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, commission TEXT NOT NULL,
    ts_event TEXT NOT NULL
) STRICT;
CREATE INDEX fills_of_order ON fills (client_order_id);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, client_order_id TEXT NOT NULL, detail TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE journal (name TEXT NOT NULL) STRICT;
INSERT INTO journal VALUES (lower(hex(randomblob(16))));
"""
# In the second the journal had no name, and exits came after their entries only.
_FROM_2_TO_3 = """
CREATE TABLE journal (name TEXT NOT NULL) STRICT;
INSERT INTO journal VALUES (lower(hex(randomblob(16))));
ALTER TABLE orders ADD COLUMN bracket_stop_price TEXT;
ALTER TABLE orders ADD COLUMN bracket_target_price TEXT;
ALTER TABLE orders ADD COLUMN entry_id TEXT;
CREATE INDEX exits_of_entry ON orders (entry_id) WHERE entry_id IS NOT NULL;
"""
# In the first format an order filled whole or not at all.
_FROM_1_TO_2 = """
ALTER TABLE account ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN killed TEXT;
ALTER TABLE listings ADD COLUMN volume_left TEXT;
ALTER TABLE orders ADD COLUMN stop_price TEXT;
ALTER TABLE orders ADD COLUMN reduce_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN filled_quantity TEXT NOT NULL DEFAULT '0';
ALTER TABLE orders ADD COLUMN triggered INTEGER NOT NULL DEFAULT 0;
UPDATE orders SET filled_quantity = quantity WHERE status = 'FILLED';
DROP INDEX working_orders;
CREATE INDEX open_orders ON orders (symbol) WHERE status IN ('NEW', 'PARTIALLY_FILLED');
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, client_order_id TEXT NOT NULL, detail TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
"""
_STEPS = {0: _TABLES, 1: _FROM_1_TO_2 + _FROM_2_TO_3, 2: _FROM_2_TO_3, VERSION: ""}


def version_of(connection: sqlite3.Connection) -> int:
    """The format of the file; 0 for a new one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def is_readable(version: int) -> bool:
    """Whether a file of that format is one of today's or can become one."""
    return version in _STEPS


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Makes the tables, or changes those of an older file; within the caller's transaction."""
    for statement in _STEPS[version_of(connection)].split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
