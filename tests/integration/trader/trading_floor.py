"""The whole trader on in-memory adapters, spoken to over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from jax.adapters.brokers.paper.broker import PaperBroker, open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.ed25519.verification import verify_ed25519
from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.event_bus import MemoryEventBus
from jax.adapters.memory.kill_switch import MemoryKillSwitch
from jax.adapters.memory.object_store import MemoryObjectStore
from jax.adapters.memory.snapshot_memory import MemorySnapshotMemory
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.app.http.guard import Access
from jax.app.trader.assembly import ListeningBroker, Surroundings, trader_at_work
from jax.app.trader.http.app import create_app
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import TraderFacts
from jax.domain.artifact import Artifact
from jax.domain.bar import Bar
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.signed import Trust
from jax.ports.broker import OrderReport
from jax.ports.errors import OutcomeUnknown
from tests.failing_ports import PassingBroker
from tests.gate_people import ROOT
from tests.integration.trader import approved_strategy
from tests.replay_settings import REPLAY

NOW = datetime(2024, 3, 6, 12, tzinfo=UTC)
URL = "http://127.0.0.1:8100"


class Lock:
    """A lock that is held until it is not."""

    is_held = True

    async def held(self) -> bool:
        return self.is_held


class CrossedLine(PassingBroker):
    """A broker behind a line that can be slow, or lose the answer to an order that arrived."""

    def __init__(self, behind: PaperBroker) -> None:
        super().__init__(behind)
        self._behind = behind
        self.arrived = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.loses_answers = False
        self.placed: list[str] = []

    async def place(self, order: Order) -> OrderReport:
        self.placed.append(order.client_order_id)
        self.arrived.set()
        await self.may_answer.wait()
        report = await super().place(order)
        if self.loses_answers:
            raise OutcomeUnknown("the line was cut before the answer came")
        return report

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        await self._behind.on_bars(bars)


@dataclass(frozen=True)
class Floor:
    """The trader's client, and what stands behind the trader."""

    http: httpx.AsyncClient
    unit_of_work: MemoryUnitOfWork
    object_store: MemoryObjectStore
    clock: SettableClock
    line: CrossedLine
    lock: Lock
    artifact: Artifact

    async def approved_signal(self, day: int = 4) -> str:
        """The id of a signal on the bar of March `day`, approved by olivia."""
        answer = await self.http.post("/api/v1/bars", json={"bars": [bar_body(day)]})
        signal_id = str(answer.json()["signals"][0]["signal_id"])
        approved = await self.http.post(
            f"/api/v1/signals/{signal_id}/approve", json={"approved_by": "olivia"}
        )
        assert approved.status_code == 200, approved.text
        return signal_id

    async def execute(self, signal_id: str, by: str = "olivia") -> httpx.Response:
        return await self.http.post("/api/v1/execute", json={"signal_id": signal_id, "approved_by": by})


@asynccontextmanager
async def open_floor(
    *,
    approved: bool = True,
    access: Access | None = None,
    variant: approved_strategy.Variant = approved_strategy.FIRST,
    **settings: Any,
) -> AsyncIterator[Floor]:
    """A trader with one strategy at DRAFT or ACTIVE; execution is on unless the settings say otherwise."""
    database, object_store, clock, lock = MemoryDatabase(), MemoryObjectStore(), SettableClock(NOW), Lock()
    unit_of_work = MemoryUnitOfWork(database)
    await approved_strategy.list_instruments(unit_of_work)
    artifact = await approved_strategy.draft(unit_of_work, object_store, clock, variant=variant)
    if approved:
        await approved_strategy.approve(unit_of_work, artifact, clock)

    async def instrument_of(symbol: str) -> Instrument:
        async with unit_of_work.begin() as transaction:
            return await transaction.reference.instrument(symbol)

    chosen = TraderSettings(**{"EXECUTION_ENABLED": True, **REPLAY, **settings})
    facts = TraderFacts("0.0", "boot-1", "paper", chosen.MODE, chosen.EXECUTION_ENABLED)
    async with open_paper_broker(
        Path(IN_MEMORY), PaperAccount(), clock=clock, instrument_of=instrument_of
    ) as paper:
        line = CrossedLine(paper)
        broker: ListeningBroker = line
        around = Surroundings(
            unit_of_work=unit_of_work,
            event_bus=MemoryEventBus(database),
            object_store=object_store,
            broker=broker,
            clock=clock,
            lock=lock,
            trust=lambda: Trust(ROOT, verify_ed25519),
            memory=MemorySnapshotMemory(),
            kill_switch=MemoryKillSwitch(),
        )
        async with trader_at_work(around, chosen, facts) as trader:
            app = create_app(trader, access)
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
                yield Floor(http, unit_of_work, object_store, clock, line, lock, artifact)


def bar_body(day: int = 4, *, close: str = "150", symbol: str = "AAPL", **other: str) -> dict[str, str]:
    """The bar of March `day` 2024 as JSON."""
    end = datetime(2024, 3, day, 21, tzinfo=UTC)
    prices = {"open": close, "high": close, "low": close, "close": close, "volume": "1000"}
    times = {"start": (end - timedelta(hours=6.5)).isoformat(), "end": end.isoformat()}
    return {"symbol": symbol, "timeframe": "1d", **times, **prices, **other}


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 10.0) -> None:
    """Waits for what the background work brings about."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - it shows over HTTP only
            await asyncio.sleep(0.02)
