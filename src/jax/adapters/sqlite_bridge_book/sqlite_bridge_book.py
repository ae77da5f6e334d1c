"""A BridgeBook in one SQLite file, every commit on disk before it is answered."""

import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from jax.adapters.sqlite_bridge_book import book_statements as book
from jax.adapters.sqlite_bridge_book.book_schema import STEPS, VERSION
from jax.adapters.sqlite_bridge_book.committing_thread import CommittingThread
from jax.ports.bridge_book import BookedOrder, JournalEntry, Switches
from jax.ports.broker import BrokerEvent
from jax.ports.errors import Conflict, Unavailable

T = TypeVar("T")
# Nobody else has any business in the file: whoever holds it is another bridge.
_LOCK_TIMEOUT_SECONDS = 0.5


class SqliteBridgeBook:
    """Opened by `open_bridge_book`."""

    def __init__(self, thread: CommittingThread, journal: str, newest: int) -> None:
        self._thread = thread
        self.journal = journal
        self.newest = newest

    async def switches(self) -> Mapping[str, Switches]:
        return await self._thread.run(book.all_switches)

    async def put_switches(self, account: str, switches: Switches) -> None:
        await self._thread.run(partial(book.put_switches, account=account, switches=switches))

    async def order(self, client_order_id: str) -> BookedOrder | None:
        return await self._thread.run(partial(book.order, client_order_id=client_order_id))

    async def claim(self, order: BookedOrder, *entries: JournalEntry) -> BookedOrder | None:
        return await self._tell(partial(book.claim, new=order, entries=entries))

    async def settle(self, order: BookedOrder, *entries: JournalEntry) -> None:
        await self._tell(partial(book.settle, booked=order, entries=entries))

    async def unanswered(self) -> Sequence[BookedOrder]:
        return await self._thread.run(book.unanswered)

    async def booked_since(self, at: datetime) -> Sequence[BookedOrder]:
        return await self._thread.run(partial(book.booked_since, at=at))

    async def tell(self, *entries: JournalEntry, cursor: int | None = None) -> None:
        await self._tell(partial(book.tell, entries=entries, cursor=cursor))

    async def cursor(self) -> int:
        return await self._thread.run(book.cursor)

    async def events(self, *, after: int, limit: int) -> Sequence[BrokerEvent]:
        return await self._thread.run(partial(book.events, after=after, limit=limit))

    async def _tell(self, call: Callable[[sqlite3.Connection], T]) -> T:
        def told(connection: sqlite3.Connection) -> tuple[T, int]:
            return call(connection), book.newest(connection)

        given, newest = await self._thread.run(told)
        # Answers of the thread may be taken up in any order.
        self.newest = max(self.newest, newest)
        return given


@asynccontextmanager
async def open_bridge_book(path: Path) -> AsyncIterator[SqliteBridgeBook]:
    """The book in the file `path` (mode 0600, made if missing), closed at the end.

    Unavailable when the file cannot be used, Conflict when another bridge uses it.
    """
    thread = CommittingThread("bridge-book", partial(_open, path))
    thread.start()
    try:
        journal, newest = await thread.run(lambda opened: (book.journal(opened), book.newest(opened)))
        yield SqliteBridgeBook(thread, journal, newest)
    finally:
        thread.stop()


def _open(path: Path) -> sqlite3.Connection:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(f"the bridge's book {path} cannot be opened: {error}") from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise Conflict(f"another bridge uses the book {path}; stop it first") from error
        raise Unavailable(f"the bridge's book {path} cannot be used: {error}") from error
    except Unavailable:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    # The lock is taken here and kept until the file is closed.
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in STEPS:
        raise Unavailable(
            f"the bridge's book {path} has format {version}, this version reads {VERSION}; "
            "use the Jax that wrote it"
        )
    for statement in STEPS[version].split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
