"""What every book of a bridge remembers."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.memory.bridge_book import MemoryBridgeBook
from jax.adapters.sqlite_bridge_book.committing_thread import CommittingThread
from jax.adapters.sqlite_bridge_book.sqlite_bridge_book import open_bridge_book
from jax.ports.bridge_book import BookedOrder, BridgeBook, JournalEntry, SendState, Switches
from jax.ports.broker import BrokerEvent, BrokerEventKind
from jax.ports.errors import Conflict, OutcomeUnknown, Unavailable

NOW = datetime(2024, 3, 4, 15, tzinfo=UTC)
FILE = "bridge-book.sqlite3"

FIRST_FORMAT = """
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
INSERT INTO copied VALUES (3);
INSERT INTO journal VALUES (7, 'ORDER', 'jx1', 'NEW, 0 fills', '2024-03-04T15:00:00.000000+00:00');
PRAGMA user_version = 1;
"""


def booked(name: str, **other: object) -> BookedOrder:
    new = BookedOrder(name, "paper", "sha256:" + "a" * 64, 3, SendState.SENDING, NOW, Decimal("12.50"))
    return replace(new, **other)  # type: ignore[arg-type]  # fields by name


def modes_in(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def entry(name: str | None, detail: str, kind: BrokerEventKind = BrokerEventKind.ORDER) -> JournalEntry:
    return JournalEntry(kind, name, detail, NOW)


@pytest.fixture(params=["memory", "disk"])
async def book(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BridgeBook]:
    if request.param == "memory":
        yield MemoryBridgeBook()
        return
    async with open_bridge_book(tmp_path / FILE) as opened:
        yield opened


async def test_a_claim_is_granted_once_and_tells_the_journal_once(book: BridgeBook) -> None:
    assert await book.order("jx1") is None
    assert await book.claim(booked("jx1"), entry("jx1", "first")) is None
    assert await book.claim(booked("jx1", epoch=4), entry("jx1", "second")) == booked("jx1")
    assert await book.order("jx1") == booked("jx1")
    assert [event.detail for event in await book.events(after=0, limit=10)] == ["first"]


async def test_of_claims_at_once_one_is_granted(book: BridgeBook) -> None:
    found = await asyncio.gather(*(book.claim(booked("jx1", epoch=number)) for number in range(20)))
    granted = [number for number, known in enumerate(found) if known is None]
    assert len(granted) == 1
    assert await book.order("jx1") == booked("jx1", epoch=granted[0])


async def test_what_became_of_an_order_replaces_it(book: BridgeBook) -> None:
    await book.claim(booked("jx1"))
    await book.claim(booked("jx2"))
    for change in (
        {"state": SendState.SENT, "venue_order_id": "7"},
        {"state": SendState.REFUSED, "refusal_code": "KILLED", "notional": Decimal(0)},
        {"epoch": 9, "booked_at": NOW + timedelta(microseconds=1), "body_sha256": "sha256:" + "b" * 64},
    ):
        await book.settle(booked("jx1", **change), entry("jx1", "changed"))
        assert await book.order("jx1") == booked("jx1", **change)
    assert await book.order("jx2") == booked("jx2")
    assert len(await book.events(after=0, limit=10)) == 3


async def test_orders_without_an_answer_are_those_still_sending(book: BridgeBook) -> None:
    for name in ("jx1", "jx2", "jx3"):
        await book.claim(booked(name))
    await book.settle(booked("jx2", state=SendState.SENT))
    assert [order.client_order_id for order in await book.unanswered()] == ["jx1", "jx3"]


async def test_orders_since_a_time_include_those_at_it(book: BridgeBook) -> None:
    for number, age in enumerate((0, 1, 2)):
        await book.claim(booked(f"jx{number}", booked_at=NOW + timedelta(microseconds=age)))
    since = await book.booked_since(NOW + timedelta(microseconds=1))
    assert [order.client_order_id for order in since] == ["jx1", "jx2"]


async def test_switches_are_kept_for_each_account(book: BridgeBook) -> None:
    assert await book.switches() == {}
    await book.put_switches("one", Switches(3, "drill"))
    await book.put_switches("two", Switches(1))
    await book.put_switches("one", Switches(4))
    assert await book.switches() == {"one": Switches(4, None), "two": Switches(1, None)}


async def test_the_journal_numbers_what_it_is_told(book: BridgeBook) -> None:
    await book.tell(entry("jx1", "one"), entry(None, "two", BrokerEventKind.ERROR))
    await book.claim(booked("jx2"), entry("jx2", "three"))
    events = await book.events(after=0, limit=10)
    assert list(events) == [
        BrokerEvent(1, BrokerEventKind.ORDER, "jx1", "one", NOW, change=1),
        BrokerEvent(2, BrokerEventKind.ERROR, None, "two", NOW, change=2),
        BrokerEvent(3, BrokerEventKind.ORDER, "jx2", "three", NOW, change=3),
    ]
    assert list(await book.events(after=1, limit=1)) == events[1:2]
    assert list(await book.events(after=3, limit=10)) == []


async def test_the_cursor_is_where_the_last_copy_ended(book: BridgeBook) -> None:
    assert await book.cursor() == 0
    await book.tell(entry("jx1", "one"), cursor=41)
    await book.tell(entry("jx1", "two"))
    assert await book.cursor() == 41


async def test_an_entry_may_count_in_the_numbers_of_another_journal(book: BridgeBook) -> None:
    await book.tell(replace(entry("jx1", "copied"), change=41), entry("jx1", "told"))
    await book.claim(booked("jx1"))
    await book.settle(booked("jx1", state=SendState.SENT), replace(entry("jx1", "answered"), change=42))
    changes = [event.change for event in await book.events(after=0, limit=10)]
    assert changes == [41, 2, 42]


async def test_the_newest_entry_is_one_that_no_later_one_precedes(book: BridgeBook) -> None:
    assert book.newest == 0
    for number in range(1, 4):
        await asyncio.gather(book.tell(entry("jx1", "one")), book.tell(entry("jx2", "two")))
        assert book.newest == 2 * number
    assert await book.events(after=book.newest, limit=10) == []


async def test_a_journal_keeps_its_name_and_shares_it_with_no_other(tmp_path: Path) -> None:
    names = []
    for folder in ("one", "one", "other"):
        (tmp_path / folder).mkdir(exist_ok=True)
        async with open_bridge_book(tmp_path / folder / FILE) as opened:
            names.append(opened.journal)
            assert opened.newest == len(await opened.events(after=0, limit=10))
            await opened.tell(entry("jx1", "one"))
    assert names[0] == names[1] != names[2]
    assert all(names)


async def test_a_book_of_the_first_format_is_one_of_todays_when_it_is_opened(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.executescript(FIRST_FORMAT)
    async with open_bridge_book(tmp_path / FILE) as opened:
        assert opened.newest == 7
        assert await opened.cursor() == 3
        (event,) = await opened.events(after=0, limit=10)
        assert (event.seq, event.change, event.detail) == (7, 7, "NEW, 0 fills")
        name = opened.journal
        await opened.tell(replace(entry("jx2", "two"), change=2))
    async with open_bridge_book(tmp_path / FILE) as again:
        assert again.journal == name
        assert [event.change for event in await again.events(after=0, limit=10)] == [7, 2]


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async with open_bridge_book(tmp_path / FILE) as first:
        await first.claim(booked("jx1"), entry("jx1", "one"))
        await first.put_switches("paper", Switches(3, "drill"))
        await first.tell(cursor=5)
    async with open_bridge_book(tmp_path / FILE) as second:
        assert await second.order("jx1") == booked("jx1")
        assert await second.switches() == {"paper": Switches(3, "drill")}
        assert await second.cursor() == 5
        await second.tell(entry("jx1", "two"))
        assert [event.seq for event in await second.events(after=0, limit=10)] == [1, 2]


async def test_what_was_answered_survives_a_process_that_dies_without_closing(tmp_path: Path) -> None:
    async with open_bridge_book(tmp_path / FILE) as book:
        await book.claim(booked("jx1"))
        crashed = tmp_path / "crashed"
        crashed.mkdir()
        for name in (FILE, f"{FILE}-wal"):
            (crashed / name).write_bytes((tmp_path / name).read_bytes())
    async with open_bridge_book(crashed / FILE) as found:
        assert await found.order("jx1") == booked("jx1")


async def test_every_commit_is_on_disk_and_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    async with open_bridge_book(tmp_path / FILE) as book:
        settings = await book._thread.run(
            lambda connection: [
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "locking_mode")
            ]
        )
        assert settings == ["wal", 2, "exclusive"]
        assert modes_in(tmp_path) == {0o600}


async def test_a_second_bridge_is_told_so_at_once(tmp_path: Path) -> None:
    async with open_bridge_book(tmp_path / FILE):
        with pytest.raises(Conflict, match="another bridge uses the book"):
            async with open_bridge_book(tmp_path / FILE):
                pass
    async with open_bridge_book(tmp_path / FILE) as book:
        assert await book.order("jx1") is None


@pytest.mark.parametrize(
    ("content", "said"), [(b"not a database" * 400, "cannot be used"), (None, "cannot be opened")]
)
async def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / FILE if content else tmp_path / "nowhere" / FILE
    if content:
        path.write_bytes(content)
    with pytest.raises(Unavailable, match=said):
        async with open_bridge_book(path):
            pass


async def test_a_book_of_a_later_format_is_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable, match="format 99"):
        async with open_bridge_book(tmp_path / FILE):
            pass


async def test_a_full_disk_writes_nothing_and_the_book_goes_on_when_there_is_room(tmp_path: Path) -> None:
    async with open_bridge_book(tmp_path / FILE) as book:
        await book.claim(booked("jx0"))
        await book._thread.run(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchall())
        with pytest.raises(Unavailable, match=r"full.*nothing was written"):
            await book.tell(*(entry("jx1", "x" * 4000) for _ in range(100)))
        await book._thread.run(
            lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchall()
        )
        assert await book.claim(booked("jx1")) is None
        assert await book.events(after=0, limit=10) == []
        assert await book.order("jx0") == booked("jx0")


class FailingCommit(sqlite3.Connection):
    """A connection whose next commit fails when told so."""

    fails = False

    def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.fails:
            self.fails = False
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *args)  # type: ignore[arg-type]


async def test_a_commit_that_fails_may_have_been_done() -> None:
    opened: list[FailingCommit] = []

    def open_connection() -> sqlite3.Connection:
        opened.append(sqlite3.connect(":memory:", isolation_level=None, factory=FailingCommit))
        opened[0].execute("CREATE TABLE t (a)")
        return opened[0]

    thread = CommittingThread("failing", open_connection)
    thread.start()
    opened[0].fails = True
    with pytest.raises(OutcomeUnknown, match="the commit failed: disk I/O error"):
        await thread.run(lambda connection: connection.execute("INSERT INTO t VALUES (1)"))
    rows = await thread.run(lambda connection: connection.execute("SELECT * FROM t").fetchall())
    thread.stop()
    assert rows == []


async def test_what_waits_together_is_committed_together() -> None:
    commits: list[str] = []

    def open_connection() -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        return connection

    thread = CommittingThread("counted", open_connection)
    thread.start()
    asked = asyncio.gather(*(thread.run(lambda _: None) for _ in range(300)))
    await asked
    thread.stop()
    assert len(commits) < 300


async def test_what_was_asked_for_before_the_end_is_still_written(tmp_path: Path) -> None:
    async with open_bridge_book(tmp_path / FILE) as book:
        asking = asyncio.create_task(book.claim(booked("jx1")))
        await asyncio.sleep(0)
    assert await asking is None
    async with open_bridge_book(tmp_path / FILE) as book:
        assert await book.order("jx1") == booked("jx1")
