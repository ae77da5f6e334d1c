"""The paper venue's books: one SQLite file, every commit on disk before it is answered."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.paper.ledger import Booking, Listing, PaperAccount
from jax.adapters.brokers.paper.paper_order import PaperOrder
from jax.adapters.brokers.paper.venue_rows import (
    FILL_COLUMNS,
    LISTING_COLUMNS,
    ORDER_COLUMNS,
    Row,
    booking_of_row,
    event_of_row,
    fill_of_row,
    listing_of_row,
    order_of_row,
    row_of_fill,
    row_of_listing,
    row_of_order,
)
from jax.adapters.brokers.paper.venue_schema import VERSION, bring_up_to_date, is_readable, version_of
from jax.domain.fill import Fill
from jax.ports.broker import JournalPage
from jax.ports.errors import Conflict, OutcomeUnknown, Unavailable

IN_MEMORY = Path(":memory:")
# Only one trader uses the file; whoever else looks into it has this long, on a busy disk too.
_LOCK_TIMEOUT_SECONDS = 5.0
_IS_OPEN = "status IN ('NEW', 'PARTIALLY_FILLED')"


class VenueFile:
    """Opened, used and closed by one thread; everything is read and written within `transaction`."""

    def __init__(self, path: Path, account: PaperAccount) -> None:
        """Opens the books of `account`, or starts them (mode 0600, with its starting cash).

        Unavailable when the file cannot be used; Conflict when it belongs to another account.
        """
        self._path = path
        self._is_within = False
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
        """Commits when the block ends, durably, and rolls back when it raises; within another one: with it.

        Unavailable when nothing was written, OutcomeUnknown when the commit itself failed.
        """
        with self._part() if self._is_within else self._whole():
            yield

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error
        self._is_within = True
        try:
            yield
            self._check_whole()
        except sqlite3.Error as error:
            self._roll_back()
            raise Unavailable(f"{self._path}: {error}; nothing was written") from error
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._is_within = False
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise OutcomeUnknown(f"{self._path}: the commit failed: {error}") from error

    @contextmanager
    def _part(self) -> Iterator[None]:
        self._check_whole()
        self._connection.execute("SAVEPOINT part")
        try:
            yield
            self._connection.execute("RELEASE part")
        except sqlite3.Error as error:
            self._roll_back_part()
            raise Unavailable(f"{self._path}: {error}; nothing was written") from error
        except BaseException:
            self._roll_back_part()
            raise

    def _check_whole(self) -> None:
        """A disk that is full ends the whole transaction, whoever met it."""
        if not self._connection.in_transaction:
            raise Unavailable(f"{self._path}: the transaction was ended by an error; nothing was written")

    def _roll_back_part(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")

    def starting_cash(self) -> Decimal:
        """The cash that the books were started with."""
        (cash,) = self._connection.execute("SELECT starting_cash FROM account").fetchone()
        return Decimal(cash)

    def epoch(self) -> int:
        """The floor for orders; 0 when none was ever registered."""
        (epoch,) = self._connection.execute("SELECT epoch FROM account").fetchone()
        return int(epoch)

    def set_epoch(self, epoch: int) -> None:
        """Writes the floor for orders."""
        self._connection.execute("UPDATE account SET epoch = ?", (epoch,))

    def killed(self) -> str | None:
        """The reason for the kill while it is engaged."""
        (reason,) = self._connection.execute("SELECT killed FROM account").fetchone()
        return None if reason is None else str(reason)

    def set_killed(self, reason: str | None) -> None:
        """Engages the kill switch, or releases it with None."""
        self._connection.execute("UPDATE account SET killed = ?", (reason,))

    def listings(self, symbols: Iterable[str]) -> dict[str, Listing]:
        """Those of `symbols` that were ever quoted."""
        found = {symbol: self.listing(symbol) for symbol in symbols}
        return {symbol: listing for symbol, listing in found.items() if listing is not None}

    def all_listings(self) -> dict[str, Listing]:
        """Every instrument that was ever quoted."""
        rows = self._connection.execute(f"SELECT {LISTING_COLUMNS} FROM listings").fetchall()  # noqa: S608 - constant
        return {listing.instrument.symbol: listing for listing in map(listing_of_row, rows)}

    def listing(self, symbol: str) -> Listing | None:
        """The instrument with its quote, if it was ever quoted."""
        row = self._connection.execute(
            f"SELECT {LISTING_COLUMNS} FROM listings WHERE symbol = ?",  # noqa: S608 - constant
            (symbol,),
        ).fetchone()
        return None if row is None else listing_of_row(row)

    def put_listing(self, listing: Listing) -> None:
        """Adds or replaces an instrument and its quote."""
        row = row_of_listing(listing)
        self._connection.execute(
            f"INSERT OR REPLACE INTO listings ({LISTING_COLUMNS}) VALUES ({_marks(row)})",  # noqa: S608 - constant
            row,
        )

    def order(self, client_order_id: str) -> tuple[int, PaperOrder] | None:
        """The order with its number, from 1 in the order of arrival."""
        row = self._connection.execute(
            f"SELECT number, {ORDER_COLUMNS} FROM orders WHERE client_order_id = ?",  # noqa: S608 - constant
            (client_order_id,),
        ).fetchone()
        return None if row is None else (row[0], order_of_row(row[1:]))

    def working_orders(self, symbol: str | None = None) -> list[tuple[int, PaperOrder]]:
        """The orders (of a symbol) that may still fill with their numbers, oldest first."""
        of_symbol = "" if symbol is None else "AND symbol = ?"
        rows = self._connection.execute(
            f"SELECT number, {ORDER_COLUMNS} FROM orders WHERE {_IS_OPEN} {of_symbol} ORDER BY number",  # noqa: S608 - constant
            () if symbol is None else (symbol,),
        )
        return [(row[0], order_of_row(row[1:])) for row in rows.fetchall()]

    def exits_of(self, entry_id: str) -> list[PaperOrder]:
        """The exits that came with an entry, oldest first."""
        rows = self._connection.execute(
            f"SELECT {ORDER_COLUMNS} FROM orders WHERE entry_id = ? ORDER BY number",  # noqa: S608 - constant
            (entry_id,),
        )
        return [order_of_row(row) for row in rows.fetchall()]

    def add_order(self, order: PaperOrder) -> None:
        """Stores a new order."""
        row = row_of_order(order)
        self._connection.execute(
            f"INSERT INTO orders ({ORDER_COLUMNS}) VALUES ({_marks(row)})",  # noqa: S608 - constant
            row,
        )

    def put_order(self, order: PaperOrder) -> None:
        """Writes where a stored order stands."""
        values = (order.status, order.reason_code, str(order.filled_quantity), int(order.triggered))
        self._connection.execute(
            "UPDATE orders SET status = ?, reason_code = ?, filled_quantity = ?, triggered = ?"
            " WHERE client_order_id = ?",
            (*values, order.client_order_id),
        )

    def add_fill(self, fill: Fill) -> None:
        """Stores a fill."""
        row = row_of_fill(fill)
        self._connection.execute(f"INSERT INTO fills ({FILL_COLUMNS}) VALUES ({_marks(row)})", row)  # noqa: S608 - constant

    def fills_of(self, client_order_id: str) -> tuple[Fill, ...]:
        """The fills of one order, oldest first."""
        rows = self._connection.execute(
            f"SELECT {FILL_COLUMNS} FROM fills WHERE client_order_id = ? ORDER BY number",  # noqa: S608 - constant
            (client_order_id,),
        )
        return tuple(fill_of_row(row) for row in rows.fetchall())

    def fills_after(self, number: int, *, limit: int = -1) -> list[tuple[int, Fill]]:
        """The fills that came after fill `number` (0: all), with their numbers, oldest first; at most `limit`
        (-1: all).
        """
        rows = self._connection.execute(
            f"SELECT number, {FILL_COLUMNS} FROM fills WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608 - constant
            (number, limit),
        )
        return [(row[0], fill_of_row(row[1:])) for row in rows.fetchall()]

    def bookings_after(self, number: int) -> list[tuple[int, Booking]]:
        """As `fills_after`, of all, with as much as the ledger needs."""
        rows = self._connection.execute(
            "SELECT number, symbol, side, quantity, price, commission FROM fills WHERE number > ?"
            " ORDER BY number",
            (number,),
        )
        return [(row[0], booking_of_row(row[1:])) for row in rows.fetchall()]

    def add_event(self, client_order_id: str, detail: str, at: datetime) -> None:
        """Appends to the journal."""
        self._connection.execute(
            "INSERT INTO events (client_order_id, detail, at) VALUES (?, ?, ?)",
            (client_order_id, detail, at.isoformat()),
        )

    def newest_event(self) -> int:
        """The number of the journal's last entry; 0 for an empty one."""
        (number,) = self._connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        return int(number)

    def events(self, *, after: int, limit: int) -> JournalPage:
        """The journal's entries after number `after`, oldest first; at most `limit`."""
        rows = self._connection.execute(
            "SELECT seq, client_order_id, detail, at FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        (journal,) = self._connection.execute("SELECT name FROM journal").fetchone()
        return JournalPage(journal, [event_of_row(row) for row in rows.fetchall()])

    def _prepare(self, account: PaperAccount) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        version = version_of(self._connection)
        if not is_readable(version):
            raise Unavailable(
                f"the paper broker's file {self._path} has format {version}, this version reads {VERSION}; "
                "use the Jax that wrote it, or move the file away to start a new one"
            )
        if version != VERSION:
            self._start_or_convert(account)
        stored = self._connection.execute("SELECT account, currency FROM account").fetchone()
        if stored != (account.account, account.currency):
            raise Conflict(
                f"the paper broker's file {self._path} belongs to account {' in '.join(stored)}, "
                f"not to {account.account} in {account.currency}"
            )

    def _start_or_convert(self, account: PaperAccount) -> None:
        with self.transaction():
            version = version_of(self._connection)  # nobody else can change it from here on
            bring_up_to_date(self._connection)
            if version == 0:
                self._connection.execute(
                    "INSERT INTO account (account, currency, starting_cash) VALUES (?, ?, ?)",
                    (account.account, account.currency, str(account.starting_cash)),
                )

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            # Closing or the next start rolls back as well: the error that led here is the one to tell.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def _marks(row: Row) -> str:
    return ", ".join("?" * len(row))
