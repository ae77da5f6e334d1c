"""The tables of the bridge's book."""

VERSION = 1
TABLES = """
CREATE TABLE switches (account TEXT PRIMARY KEY, epoch INTEGER NOT NULL, killed TEXT) STRICT;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, client_order_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
    body_sha256 TEXT NOT NULL, epoch INTEGER NOT NULL, state TEXT NOT NULL, booked_at TEXT NOT NULL,
    notional TEXT NOT NULL, venue_order_id TEXT, refusal_code TEXT
) STRICT;
CREATE INDEX orders_unanswered ON orders (number) WHERE state = 'SENDING';
CREATE INDEX orders_by_time ON orders (booked_at);
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, client_order_id TEXT, detail TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE copied (cursor INTEGER NOT NULL) STRICT;
INSERT INTO copied VALUES (0);
"""
