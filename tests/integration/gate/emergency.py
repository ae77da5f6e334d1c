"""A desk that trades two strategies with a real trader, and what it looks like when one has to be stopped."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from jax.adapters.gate_files.root_file import write_root
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.domain.artifact import Artifact
from tests.gate_desk import GateDesk
from tests.gate_people import ROOT
from tests.integration.postgres.logins import new_login
from tests.integration.trader import approved_strategy
from tests.integration.trader.approved_strategy import Variant
from tests.integration.trader.trader_process import TraderProcess, trader_process
from tests.integration.trader.trading_floor import bar_body
from tests.postgres_server import run_sql

_T = TypeVar("_T")
REASON = "buys the wrong side"


@dataclass(frozen=True, slots=True)
class Released:
    """`stopped` is what runs and is to be stopped, `earlier` the version before it; `other` trades MSFT."""

    home: Path
    database_url: str
    earlier: Artifact
    stopped: Artifact
    other: Artifact

    @contextmanager
    def trader(self, database_url: str | None = None) -> Iterator[TraderProcess]:
        """A trader that sends orders."""
        settings = {"DATABASE_URL": database_url or self.database_url, "EXECUTION_ENABLED": "true"}
        with trader_process(self.home, **settings) as trader:
            yield trader

    def acts(self, act: Callable[[GateDesk], Awaitable[_T]]) -> _T:
        """What somebody does at the gate."""

        async def run() -> _T:
            async with _records(self.database_url) as unit_of_work:
                return await act(GateDesk(unit_of_work, SystemClock()))

        return asyncio.run(run())

    def asked(self, question: str, *values: object) -> Any:
        """One value from the database."""

        async def run() -> Any:
            sql = await asyncpg.connect(self.database_url)
            try:
                return await sql.fetchval(question, *values)
            finally:
                await sql.close()

        return asyncio.run(run())

    def now(self) -> datetime:
        """What time it is after everything that was committed so far."""
        moment: datetime = self.asked("SELECT clock_timestamp()")
        return moment

    def traded_after(self, moment: datetime) -> int:
        """How many entries and trades of what was to be stopped are younger; its stops still go out."""
        count: int = self.asked(
            "SELECT (SELECT count(*) FROM trading.trade WHERE artifact_hash = $1 AND submitted_at > $2) "
            "+ (SELECT count(*) FROM trading.orders WHERE artifact_hash = $1 AND created_at > $2 "
            "AND leg = 'ENTRY')",
            self.stopped.payload_sha256,
            moment,
        )
        return count

    def status_of(self, trade: dict[str, Any]) -> str:
        """The status of the trade's order, as it is recorded."""
        return str(
            self.asked("SELECT status FROM trading.orders WHERE client_order_id = $1", trade["order_id"])
        )

    def at_the_broker(self) -> dict[str, str]:
        """The status of every entry that the broker has ever got, by id."""
        with closing(sqlite3.connect(self.home / "paper-broker.sqlite3")) as books:
            return dict(books.execute("SELECT client_order_id, status FROM orders WHERE NOT reduce_only"))

    def held(self, symbol: str = "AAPL") -> Decimal:
        """The position by the fills that are recorded; everything here buys."""
        quantity: Decimal = self.asked(
            "SELECT COALESCE(sum(quantity), 0) FROM trading.fill WHERE symbol = $1", symbol
        )
        return quantity


@dataclass(frozen=True, slots=True)
class Situation:
    """What the strategy has done when the emergency comes: one trade filled, one entry working at its limit.

    `waiting` is the body that executes one more signal, which olivia has approved.
    """

    filled: dict[str, Any]
    working: dict[str, Any]
    waiting: dict[str, str]


def release(home: Path, database_url: str) -> Released:
    """Two strategies through the whole gate, one of them in its second version."""
    write_root(home / "gate" / "root.json", ROOT)

    async def run() -> Released:
        clock, objects = SystemClock(), LocalObjectStore(home / "objects")
        async with _records(database_url) as unit_of_work:
            await approved_strategy.list_instruments(unit_of_work)
            gate = GateDesk(unit_of_work, clock)
            await gate.open()

            async def released(variant: Variant) -> Artifact:
                draft = await approved_strategy.draft(unit_of_work, objects, clock, variant=variant)
                return await gate.activate(draft)

            return Released(
                home,
                database_url,
                earlier=await released(Variant(ids="earlier")),
                stopped=await released(Variant(ids="stopped", stop_fraction=Decimal("0.06"))),
                other=await released(Variant(ids="other", name="buys_microsoft", symbol="MSFT")),
            )

    return asyncio.run(run())


def trade_into_it(trader: TraderProcess) -> Situation:
    """The strategy buys, orders, and proposes once more."""
    filled = execute(trader, approved(trader, day=4))
    limited = approved(trader, day=5)
    waiting = approved(trader, day=6, close="151")
    working = execute(trader, limited)
    assert (filled["status"], working["status"]) == ("FILLED", "NEW")
    return Situation(filled, working, waiting)


def approved(trader: TraderProcess, *, day: int, close: str = "150", symbol: str = "AAPL") -> dict[str, str]:
    """The body that executes the signal on the bar of March `day`, which olivia has approved."""
    bars = {"bars": [bar_body(day, close=close, symbol=symbol)]}
    (signal,) = trader.post("/api/v1/bars", bars).json()["signals"]
    path = f"/api/v1/signals/{signal['signal_id']}/approve"
    assert trader.post(path, {"approved_by": "olivia"}).status_code == 200
    return {"signal_id": signal["signal_id"], "approved_by": "olivia"}


def execute(trader: TraderProcess, body: dict[str, str]) -> dict[str, Any]:
    """The trade of the signal, which is new."""
    answer = trader.post("/api/v1/execute", body, timeout=30)
    assert answer.status_code == 201, answer.text
    trade: dict[str, Any] = answer.json()["trade"]
    return trade


def running(trader: TraderProcess) -> set[str]:
    """The hashes that /health shows."""
    return {found["hash"] for found in trader.get("/health", timeout=30).json()["artifacts"]}


def until(what: Callable[[], bool]) -> None:
    """Waits for what the trader brings about by itself."""
    end = time.monotonic() + 60
    while not what():
        if time.monotonic() > end:
            raise AssertionError("it has not come about within a minute")
        time.sleep(0.02)


Stop = Callable[[Released], datetime]


def by_a_signed_revocation(desk: Released) -> datetime:
    """rolf revokes; the time is after the commit."""
    desk.acts(lambda gate: gate.revoke(desk.stopped, person="rolf", reason=REASON))
    return desk.now()


def by_sql_of_a_login_that_may_nothing_else(desk: Released) -> datetime:
    """As the how-to says, by a member of jax_revoker."""
    with new_login(desk.database_url, "jax_revoker") as url:
        run_sql(url, stopping(desk))
    return desk.now()


def by_sql(desk: Released) -> datetime:
    run_sql(desk.database_url, stopping(desk))
    return desk.now()


def stopping(desk: Released) -> str:
    """The statement of the how-to."""
    return (
        "INSERT INTO gate.revocation (payload_sha256, reason) "
        f"VALUES ('{desk.stopped.payload_sha256}', '{REASON}')"
    )


@asynccontextmanager
async def _records(database_url: str) -> AsyncIterator[PostgresUnitOfWork]:
    database = PostgresDatabase(database_url)
    try:
        yield PostgresUnitOfWork(database)
    finally:
        await database.close()
