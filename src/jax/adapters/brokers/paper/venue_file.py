"""The paper venue's books: one SQLite file, every commit on disk before it is answered."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.paper.ledger import Listing, PaperAccount
from jax.adapters.brokers.paper.paper_order import OrderTerms, PaperOrder
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.quote import Quote
from jax.domain.side import Side
from jax.ports.errors import Conflict, OutcomeUnknown, Unavailable

IN_MEMORY = Path(":memory:")
_VERSION = 1
# Only one trader uses the file; whoever else looks into it has this long, on a busy disk too.
_LOCK_TIMEOUT_SECONDS = 5.0
_SCHEMA = """
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
"""
_ORDER_COLUMNS = (
    "client_order_id, account, symbol, side, order_type, quantity, limit_price, time_in_force, status,"
    " reason_code"
)
_FILL_COLUMNS = "execution_id, client_order_id, symbol, side, quantity, price, commission, ts_event"


class VenueFile:
    """Opened, used and closed by one thread; everything is read and written within `transaction`."""

    def __init__(self, path: Path, account: PaperAccount) -> None:
        """Opens the books of `account`, or starts them (mode 0600, with its starting cash).

        Unavailable when the file cannot be used; Conflict when it belongs to another account.
        """
        self._path = path
        try:
            if path != IN_MEMORY:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"the paper broker's file {path} cannot be opened: {error}") from error
        try:
            self._prepare(account)
        except sqlite3.Error as error:
            self._connection.close()
            raise Unavailable(
                f"the paper broker's file {path} cannot be used: {error}; move it away to start a new one"
            ) from error
        except (Conflict, Unavailable):
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits when the block ends, durably, and rolls back when it raises.

        Unavailable when nothing was written, OutcomeUnknown when the commit itself failed.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error
        try:
            yield
        except sqlite3.Error as error:
            self._roll_back()
            raise Unavailable(f"{self._path}: {error}; nothing was written") from error
        except BaseException:
            self._roll_back()
            raise
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise OutcomeUnknown(f"{self._path}: the commit failed: {error}") from error

    def starting_cash(self) -> Decimal:
        """The cash that the books were started with."""
        (cash,) = self._connection.execute("SELECT starting_cash FROM account").fetchone()
        return Decimal(cash)

    def listings(self) -> dict[str, Listing]:
        """Every instrument that was ever quoted."""
        rows = self._connection.execute("SELECT * FROM listings").fetchall()
        return {listing.instrument.symbol: listing for listing in map(_listing, rows)}

    def put_listing(self, listing: Listing) -> None:
        """Adds or replaces an instrument and its quote."""
        instrument, quote = listing.instrument, listing.quote
        numbers = (instrument.price_increment, instrument.lot_size, instrument.multiplier)
        row = (instrument.symbol, instrument.mic, instrument.currency, *map(str, numbers))
        prices = (str(quote.bid), str(quote.ask), quote.ts_event.isoformat())
        self._connection.execute(
            "INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row + prices
        )

    def order(self, client_order_id: str) -> tuple[int, PaperOrder] | None:
        """The order with its number, from 1 in the order of arrival."""
        row = self._connection.execute(
            f"SELECT number, {_ORDER_COLUMNS} FROM orders WHERE client_order_id = ?",  # noqa: S608 - constant
            (client_order_id,),
        ).fetchone()
        return None if row is None else (row[0], _order(row[1:]))

    def working_orders(self, symbol: str) -> list[PaperOrder]:
        """The orders of a symbol that may still fill, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_ORDER_COLUMNS} FROM orders WHERE symbol = ? AND status = 'NEW' ORDER BY number",  # noqa: S608 - constant
            (symbol,),
        )
        return [_order(row) for row in rows.fetchall()]

    def add_order(self, order: PaperOrder) -> None:
        """Stores a new order."""
        terms = [None if value is None else str(value) for value in astuple(order.terms)]
        self._connection.execute(
            f"INSERT INTO orders ({_ORDER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
            (order.client_order_id, *terms, order.status, order.reason_code),
        )

    def set_status(self, client_order_id: str, status: OrderStatus) -> None:
        """Writes where an order stands."""
        self._connection.execute(
            "UPDATE orders SET status = ? WHERE client_order_id = ?", (status, client_order_id)
        )

    def add_fill(self, fill: Fill) -> None:
        """Stores a fill."""
        numbers = (str(fill.quantity), str(fill.price), str(fill.commission), fill.ts_event.isoformat())
        self._connection.execute(
            f"INSERT INTO fills ({_FILL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
            (fill.execution_id, fill.client_order_id, fill.symbol, fill.side, *numbers),
        )

    def fills_of(self, client_order_id: str) -> tuple[Fill, ...]:
        """The fills of one order, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_FILL_COLUMNS} FROM fills WHERE client_order_id = ? ORDER BY number",  # noqa: S608 - constant
            (client_order_id,),
        )
        return tuple(_fill(row) for row in rows.fetchall())

    def fills_after(self, number: int) -> list[tuple[int, Fill]]:
        """The fills that came after fill `number` (0: all), with their numbers, oldest first."""
        rows = self._connection.execute(
            f"SELECT number, {_FILL_COLUMNS} FROM fills WHERE number > ? ORDER BY number",  # noqa: S608 - constant
            (number,),
        )
        return [(row[0], _fill(row[1:])) for row in rows.fetchall()]

    def _prepare(self, account: PaperAccount) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._start(account)
        elif version != _VERSION:
            raise Unavailable(
                f"the paper broker's file {self._path} has format {version}, this version reads {_VERSION}; "
                "use the Jax that wrote it, or move the file away to start a new one"
            )
        stored = self._connection.execute("SELECT account, currency FROM account").fetchone()
        if stored != (account.account, account.currency):
            raise Conflict(
                f"the paper broker's file {self._path} belongs to account {' in '.join(stored)}, "
                f"not to {account.account} in {account.currency}"
            )

    def _start(self, account: PaperAccount) -> None:
        with self.transaction():
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)
            row = (account.account, account.currency, str(account.starting_cash))
            self._connection.execute("INSERT INTO account VALUES (?, ?, ?)", row)
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            # Closing or the next start rolls back as well: the error that led here is the one to tell.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def _listing(row: tuple[str, ...]) -> Listing:
    symbol, mic, currency, increment, lot_size, multiplier, bid, ask, ts_event = row
    instrument = Instrument(symbol, mic, currency, Decimal(increment), Decimal(lot_size), Decimal(multiplier))
    return Listing(instrument, Quote(symbol, Decimal(bid), Decimal(ask), datetime.fromisoformat(ts_event)))


def _order(row: tuple[str, ...]) -> PaperOrder:
    client_order_id, account, symbol, side, order_type, quantity, limit_price, tif, status, reason = row
    terms = OrderTerms(
        account=account,
        symbol=symbol,
        side=Side(side),
        order_type=OrderType(order_type),
        quantity=Decimal(quantity),
        limit_price=None if limit_price is None else Decimal(limit_price),
        time_in_force=TimeInForce(tif),
    )
    return PaperOrder(client_order_id, terms, OrderStatus(status), reason)


def _fill(row: tuple[str, ...]) -> Fill:
    execution_id, client_order_id, symbol, side, quantity, price, commission, ts_event = row
    return Fill(
        execution_id=execution_id,
        client_order_id=client_order_id,
        symbol=symbol,
        side=Side(side),
        quantity=Decimal(quantity),
        price=Decimal(price),
        commission=Decimal(commission),
        ts_event=datetime.fromisoformat(ts_event),
    )
