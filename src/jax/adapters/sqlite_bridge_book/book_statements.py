"""What is asked of the book's file and written to it, each within the caller's transaction."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jax.ports.bridge_book import BookedOrder, JournalEntry, SendState, Switches
from jax.ports.broker import BrokerEvent, BrokerEventKind

_COLUMNS = (
    "client_order_id, account, body_sha256, epoch, state, booked_at, notional, venue_order_id, refusal_code"
)
_SELECT = f"SELECT {_COLUMNS} FROM orders"  # noqa: S608 - constant


def all_switches(connection: sqlite3.Connection) -> dict[str, Switches]:
    """By account."""
    rows = connection.execute("SELECT account, epoch, killed FROM switches").fetchall()
    return {account: Switches(epoch, killed) for account, epoch, killed in rows}


def put_switches(connection: sqlite3.Connection, account: str, switches: Switches) -> None:
    """Replaces what is known of the account."""
    connection.execute(
        "INSERT OR REPLACE INTO switches (account, epoch, killed) VALUES (?, ?, ?)",
        (account, switches.epoch, switches.killed),
    )


def order(connection: sqlite3.Connection, client_order_id: str) -> BookedOrder | None:
    """The order, if it is there."""
    row = connection.execute(f"{_SELECT} WHERE client_order_id = ?", (client_order_id,)).fetchone()
    return None if row is None else _order(row)


def claim(
    connection: sqlite3.Connection, new: BookedOrder, entries: Sequence[JournalEntry]
) -> BookedOrder | None:
    """Adds a new order; gives the one that is there instead."""
    marks = ", ".join("?" * len(_row(new)))
    added = connection.execute(
        f"INSERT INTO orders ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (client_order_id) DO NOTHING",  # noqa: S608 - constant
        _row(new),
    )
    if added.rowcount == 0:
        return order(connection, new.client_order_id)
    tell(connection, entries)
    return None


def settle(connection: sqlite3.Connection, booked: BookedOrder, entries: Sequence[JournalEntry]) -> None:
    """Replaces an order that is there."""
    changes = ", ".join(f"{column} = ?" for column in _COLUMNS.split(", "))
    connection.execute(
        f"UPDATE orders SET {changes} WHERE client_order_id = ?",  # noqa: S608 - constant
        (*_row(booked), booked.client_order_id),
    )
    tell(connection, entries)


def unanswered(connection: sqlite3.Connection) -> list[BookedOrder]:
    """In state SENDING, oldest first."""
    rows = connection.execute(f"{_SELECT} WHERE state = 'SENDING' ORDER BY number")
    return [_order(row) for row in rows.fetchall()]


def booked_since(connection: sqlite3.Connection, at: datetime) -> list[BookedOrder]:
    """Taken at `at` or later, oldest first."""
    rows = connection.execute(f"{_SELECT} WHERE booked_at >= ? ORDER BY number", (_written(at),))
    return [_order(row) for row in rows.fetchall()]


def tell(connection: sqlite3.Connection, entries: Sequence[JournalEntry], cursor: int | None = None) -> None:
    """Appends to the journal; `cursor` replaces how far another one was copied."""
    connection.executemany(
        "INSERT INTO journal (kind, client_order_id, detail, at, change) VALUES (?, ?, ?, ?, ?)",
        [
            (entry.kind, entry.client_order_id, entry.detail, _written(entry.at), entry.change)
            for entry in entries
        ],
    )
    if cursor is not None:
        connection.execute("UPDATE copied SET cursor = ?", (cursor,))


def cursor(connection: sqlite3.Connection) -> int:
    """How far another journal was copied."""
    (found,) = connection.execute("SELECT cursor FROM copied").fetchone()
    return int(found)


def events(connection: sqlite3.Connection, *, after: int, limit: int) -> list[BrokerEvent]:
    """The journal's entries after number `after`, oldest first."""
    rows = connection.execute(
        "SELECT seq, kind, client_order_id, detail, at, coalesce(change, seq) FROM journal WHERE seq > ?"
        " ORDER BY seq LIMIT ?",
        (after, limit),
    )
    return [
        BrokerEvent(seq, BrokerEventKind(kind), client_order_id, detail, datetime.fromisoformat(at), change)
        for seq, kind, client_order_id, detail, at, change in rows.fetchall()
    ]


def journal(connection: sqlite3.Connection) -> str:
    """The name of the journal."""
    (name,) = connection.execute("SELECT journal FROM identity").fetchone()
    return str(name)


def newest(connection: sqlite3.Connection) -> int:
    """The number of the journal's last entry; 0 for an empty one."""
    (number,) = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
    return int(number)


def _written(at: datetime) -> str:
    # One width for all, so that texts compare as times do.
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _row(booked: BookedOrder) -> tuple[Any, ...]:
    return (
        booked.client_order_id,
        booked.account,
        booked.body_sha256,
        booked.epoch,
        booked.state,
        _written(booked.booked_at),
        str(booked.notional),
        booked.venue_order_id,
        booked.refusal_code,
    )


def _order(row: tuple[Any, ...]) -> BookedOrder:
    (
        client_order_id,
        account,
        body_sha256,
        epoch,
        state,
        booked_at,
        notional,
        venue_order_id,
        refusal_code,
    ) = row
    return BookedOrder(
        client_order_id=client_order_id,
        account=account,
        body_sha256=body_sha256,
        epoch=epoch,
        state=SendState(state),
        booked_at=datetime.fromisoformat(booked_at),
        notional=Decimal(notional),
        venue_order_id=venue_order_id,
        refusal_code=refusal_code,
    )
