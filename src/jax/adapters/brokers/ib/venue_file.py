"""What must survive this process: which order ids were given to whom, and what was executed.

The gateway forgets: its next valid id may roll back after a restart, and it shows the executions and the
closed orders of one day.
"""

import os
import sqlite3
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.ib import venue_rows
from jax.domain.decimal_text import plain
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order_status import OrderStatus
from jax.ports.errors import Unavailable

_VERSION = 1
_TABLES = """
CREATE TABLE given_ids (highest INTEGER NOT NULL);
INSERT INTO given_ids VALUES (0);
CREATE TABLE orders (
    client_order_id TEXT PRIMARY KEY,
    order_id INTEGER NOT NULL UNIQUE,
    body_sha256 TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    reduces_only INTEGER NOT NULL,
    quantity TEXT NOT NULL,
    cancel_asked INTEGER NOT NULL,
    closed TEXT,
    reason_code TEXT
) STRICT;
CREATE INDEX orders_of_signal ON orders (signal_id);
CREATE TABLE executions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    execution_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    client_order_id TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (execution_id, revision)
) STRICT;
CREATE INDEX executions_of_order ON executions (client_order_id);
CREATE TABLE instruments (symbol TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT
"""


@dataclass(frozen=True, slots=True)
class FiledOrder:
    """An order that was given an id.

    `quantity` is what was asked for, which is more than what was sent when the order only reduces; `closed`
    is the last word about an order that has ended.
    """

    client_order_id: str
    order_id: int
    body_sha256: str
    signal_id: str
    reduces_only: bool
    quantity: Decimal
    cancel_asked: bool = False
    closed: OrderStatus | None = None
    reason_code: str | None = None


class VenueFile:
    """One thread uses it; each call is one commit, on disk when it returns."""

    def __init__(self, path: Path) -> None:
        """Unavailable when the file cannot be used."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._prepare(path)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"the file {path} of the ib venue cannot be used: {error}") from error

    def close(self) -> None:
        self._connection.close()

    def claim(self, order: FiledOrder, *, at_least: int) -> FiledOrder | None:
        """Gives the order an id that nobody had, `at_least` or higher, which it then has for good.

        None when the order has one already.
        """
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            if self.order(order.client_order_id) is not None:
                return None
            (highest,) = self._connection.execute("SELECT highest FROM given_ids").fetchone()
            given = replace(order, order_id=max(highest + 1, at_least))
            self._connection.execute("UPDATE given_ids SET highest = ?", (given.order_id,))
            self._connection.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    given.client_order_id,
                    given.order_id,
                    given.body_sha256,
                    given.signal_id,
                    given.reduces_only,
                    plain(given.quantity),
                    given.cancel_asked,
                    given.closed,
                    given.reason_code,
                ),
            )
        return given

    def forget(self, client_order_id: str) -> None:
        """The order was not sent: it may be claimed again. Its id stays given."""
        self._connection.execute("DELETE FROM orders WHERE client_order_id = ?", (client_order_id,))

    def order(self, client_order_id: str) -> FiledOrder | None:
        """The order, if it was ever given an id."""
        row = self._connection.execute(
            "SELECT * FROM orders WHERE client_order_id = ?", (client_order_id,)
        ).fetchone()
        return None if row is None else _order_of(row)

    def names(self) -> dict[int, str]:
        """Client order ids by order id, of what has not ended."""
        rows = self._connection.execute("SELECT order_id, client_order_id FROM orders WHERE closed IS NULL")
        return dict(rows.fetchall())

    def refusals(self) -> dict[int, str]:
        """Reason codes by order id, of what was refused."""
        rows = self._connection.execute(
            "SELECT order_id, reason_code FROM orders WHERE closed = ?", (OrderStatus.REJECTED,)
        )
        return dict(rows.fetchall())

    def ask_cancel(self, client_order_id: str) -> None:
        """Remembers that we have asked to cancel the order."""
        self._connection.execute(
            "UPDATE orders SET cancel_asked = 1 WHERE client_order_id = ?", (client_order_id,)
        )

    def put_closed(self, client_order_id: str, closed: OrderStatus | None, reason_code: str | None) -> None:
        """Remembers the last word about an order."""
        self._connection.execute(
            "UPDATE orders SET closed = ?, reason_code = ? WHERE client_order_id = ?",
            (closed, reason_code, client_order_id),
        )

    def add_fills(self, fills: list[Fill]) -> None:
        """Adds the revisions that are new, in the order in which they come."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR IGNORE INTO executions (execution_id, revision, client_order_id, document)"
                " VALUES (?, ?, ?, ?)",
                [
                    (
                        fill.execution_id,
                        fill.revision,
                        fill.client_order_id,
                        venue_rows.document_of_fill(fill),
                    )
                    for fill in fills
                ],
            )

    def fills_of(self, client_order_id: str) -> tuple[Fill, ...]:
        """The order's executions, each at its highest revision, oldest first."""
        rows = self._connection.execute(
            "SELECT document FROM executions WHERE client_order_id = ? ORDER BY revision, seq",
            (client_order_id,),
        )
        newest = {fill.execution_id: fill for fill in (venue_rows.fill_of(text) for (text,) in rows)}
        return tuple(newest.values())

    def has_group_filled(self, order: FiledOrder) -> bool:
        """Whether another order of the same signal that only reduces has executions."""
        found = self._connection.execute(
            "SELECT 1 FROM orders JOIN executions USING (client_order_id)"
            " WHERE signal_id = ? AND reduces_only AND client_order_id <> ? LIMIT 1",
            (order.signal_id, order.client_order_id),
        ).fetchone()
        return found is not None

    def fills_after(self, after: int, limit: int) -> list[tuple[int, Fill]]:
        """With their numbers, oldest first."""
        rows = self._connection.execute(
            "SELECT seq, document FROM executions WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )
        return [(number, venue_rows.fill_of(document)) for number, document in rows]

    def put_instruments(self, instruments: list[Instrument]) -> None:
        """Adds or replaces."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR REPLACE INTO instruments VALUES (?, ?)",
                [(found.symbol, venue_rows.document_of_instrument(found)) for found in instruments],
            )

    def instruments(self) -> dict[str, Instrument]:
        """By symbol."""
        rows = self._connection.execute("SELECT symbol, document FROM instruments")
        return {symbol: venue_rows.instrument_of(document) for symbol, document in rows}

    def _prepare(self, path: Path) -> None:
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for statement in _TABLES.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise Unavailable(
                f"the file {path} of the ib venue has format {version}, this version reads {_VERSION}; "
                "use the Jax that wrote it"
            )


def _order_of(row: tuple[object, ...]) -> FiledOrder:
    name, order_id, body, signal, reduces, quantity, asked, closed, reason = row
    return FiledOrder(
        client_order_id=str(name),
        order_id=int(str(order_id)),
        body_sha256=str(body),
        signal_id=str(signal),
        reduces_only=bool(reduces),
        quantity=Decimal(str(quantity)),
        cancel_asked=bool(asked),
        closed=None if closed is None else OrderStatus(str(closed)),
        reason_code=None if reason is None else str(reason),
    )
