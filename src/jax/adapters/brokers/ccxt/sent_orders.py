"""What was sent to the venue, on disk before it is sent: a venue may forget a name, and use it twice."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from jax.domain.order import OrderLeg
from jax.domain.side import Side
from jax.ports.errors import Unavailable

T = TypeVar("T")
_VERSION = 1
_LOCK_TIMEOUT_SECONDS = 0.5
_TABLE = """
CREATE TABLE sent_orders (
    client_order_id text NOT NULL PRIMARY KEY,
    body_sha256 text NOT NULL,
    symbol text NOT NULL,
    side text NOT NULL,
    leg text NOT NULL,
    quantity text NOT NULL,
    sent_quantity text NOT NULL,
    expires_at text,
    sent_at text NOT NULL,
    state text NOT NULL,
    venue_order_id text,
    reason_code text,
    told text,
    CHECK (state IN ('SENDING', 'SENT', 'UNSENT', 'REFUSED', 'CLOSED'))
) STRICT, WITHOUT ROWID
"""


class SentState(StrEnum):
    """SENDING: on its way, or its answer was lost. SENT: the venue has it. UNSENT: the venue said that
    nothing was done. REFUSED: never accepted. CLOSED: over, with all its fills told.
    """

    SENDING = "SENDING"
    SENT = "SENT"
    UNSENT = "UNSENT"
    REFUSED = "REFUSED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class SentOrder:
    """One order; `sent_quantity` is below `quantity` when that would have turned the position.

    `expires_at`: when it is canceled from here; `told` is what the journal was last told of it.
    """

    client_order_id: str
    body_sha256: str
    symbol: str
    side: Side
    leg: OrderLeg
    quantity: Decimal
    sent_quantity: Decimal
    expires_at: datetime | None
    sent_at: datetime
    state: SentState = SentState.SENDING
    venue_order_id: str | None = None
    reason_code: str | None = None
    told: str | None = None


_COLUMNS = tuple(field.name for field in fields(SentOrder))
_READ = f"SELECT {', '.join(_COLUMNS)} FROM sent_orders"  # noqa: S608 - names of this file
_PUT = f"REPLACE INTO sent_orders ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608


class SentOrders:
    """Opened by `open_sent_orders`; every change is on disk when it returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    async def order(self, client_order_id: str) -> SentOrder | None:
        """None when nothing was ever sent under this name."""
        return await self._run(lambda: self._find(client_order_id))

    async def claim(self, order: SentOrder) -> bool:
        """Whether `order` is the first of its name; it is written if so."""

        def first() -> bool:
            if self._find(order.client_order_id) is not None:
                return False
            self._connection.execute(_PUT, _row(order))
            return True

        return await self._run(first)

    async def put(self, order: SentOrder) -> None:
        """Replaces what is known of the order."""
        await self._run(lambda: self._connection.execute(_PUT, _row(order)))

    async def open(self) -> Sequence[SentOrder]:
        """Those that may still change, oldest first."""
        question = f"{_READ} WHERE state IN ('SENDING', 'SENT') ORDER BY sent_at, client_order_id"
        return await self._run(lambda: [_order(row) for row in self._connection.execute(question)])

    def _find(self, client_order_id: str) -> SentOrder | None:
        row = self._connection.execute(f"{_READ} WHERE client_order_id = ?", (client_order_id,)).fetchone()
        return None if row is None else _order(row)

    async def _run(self, call: Callable[[], T]) -> T:
        def locked() -> T:
            with self._lock:
                return call()

        try:
            return await asyncio.to_thread(locked)
        except sqlite3.Error as error:
            raise Unavailable(f"the record of sent orders cannot be used: {error}") from error

    def close(self) -> None:
        """Waits for what is being written."""
        with self._lock:
            self._connection.close()


def open_sent_orders(path: Path) -> closing[SentOrders]:
    """The record in the file `path` (mode 0600, made if missing); Unavailable when it cannot be used."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
        _prepare(connection)
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(f"the record of sent orders {path} cannot be opened: {error}") from error
    return closing(SentOrders(connection))


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")
    if version not in {0, _VERSION}:
        raise Unavailable(f"the record of sent orders has format {version}; use the Jax that wrote it")


def _row(order: SentOrder) -> tuple[str | None, ...]:
    values = (getattr(order, column) for column in _COLUMNS)
    return tuple(_written(value) for value in values)


def _written(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _order(row: tuple[Any, ...]) -> SentOrder:
    told = dict(zip(_COLUMNS, row, strict=True))
    expires_at = told["expires_at"]
    return SentOrder(
        **{
            **told,
            "side": Side(told["side"]),
            "leg": OrderLeg(told["leg"]),
            "quantity": Decimal(told["quantity"]),
            "sent_quantity": Decimal(told["sent_quantity"]),
            "expires_at": None if expires_at is None else datetime.fromisoformat(expires_at),
            "sent_at": datetime.fromisoformat(told["sent_at"]),
            "state": SentState(told["state"]),
        }
    )
