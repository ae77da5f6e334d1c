"""The tables of the bridge's book."""

VERSION = 2
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
    at TEXT NOT NULL, change INTEGER
) STRICT;
CREATE TABLE copied (cursor INTEGER NOT NULL) STRICT;
INSERT INTO copied VALUES (0);
CREATE TABLE identity (journal TEXT NOT NULL) STRICT;
INSERT INTO identity VALUES (lower(hex(randomblob(16))));
"""
# In the first format the journal had no name, and counted its own entries only.
_FROM_1_TO_2 = """
ALTER TABLE journal ADD COLUMN change INTEGER;
CREATE TABLE identity (journal TEXT NOT NULL) STRICT;
INSERT INTO identity VALUES (lower(hex(randomblob(16))));
"""
STEPS = {0: TABLES, 1: _FROM_1_TO_2, VERSION: ""}
