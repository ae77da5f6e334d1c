"""A whole trading desk in memory: real use cases over adapters that pass the contract tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import jax.domain
from jax.adapters.brokers.paper.broker import PaperBroker, open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.id_source import SequentialIdSource
from jax.adapters.memory.object_store import MemoryObjectStore
from jax.adapters.memory.snapshot_memory import MemorySnapshotMemory
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.artifact import Artifact
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bar import Bar, Timeframe
from jax.domain.bundle import SourceFile, bundle_of
from jax.domain.gate_policy import DESK_POLICY, GatePolicy
from jax.domain.gate_root import GateRoot
from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingLimits
from jax.domain.risk_limits import RiskLimits
from jax.domain.risk_profile import RiskProfile
from jax.domain.session import ExchangeSession
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.modules.artifacts.load_artifacts import LoadArtifacts, LoaderParts
from jax.modules.artifacts.submit_artifact import (
    DataWindow,
    Environment,
    Submission,
    SubmitArtifact,
)
from jax.ports.snapshot_memory import SnapshotMemory
from jax.ports.strategy_catalog import StrategySource
from jax.ports.unit_of_work import UnitOfWork
from tests.gate_desk import GateDesk
from tests.gate_people import ROOT, SIGNED_AT

# A database goes by its own clock when it looks whether a snapshot has expired.
NOW = SIGNED_AT
ACCOUNT = "paper"
APPLE = Instrument("AAPL", "XNAS", "USD", Decimal("0.01"), Decimal(1))
MICROSOFT = Instrument("MSFT", "XNAS", "USD", Decimal("0.01"), Decimal(1))
LIMITS = RiskLimits(
    sizing=SizingLimits(
        max_risk_per_trade_fraction=Decimal("0.01"),
        min_position_size=Decimal(1),
        max_position_size=Decimal(1000),
        # One order is worth a fifth of the account and one position all of it.
        max_position_value_fraction=Decimal(1),
        max_order_notional=Decimal(20_090),
    ),
    max_open_positions=5,
    max_daily_loss=Decimal(1000),
    # Many signals of one symbol are executed at once, and replayed prices are as old as they are.
    max_daily_risk=Decimal(1_000_000),
    max_quote_age_seconds=None,
    price_collar_fraction=Decimal("0.5"),
    max_orders_per_minute=1000,
    order_burst=1000,
    repeat_after_seconds=None,
    max_cycle_notional_fraction=None,
)
EVIDENCE = BacktestEvidence(
    "run-1", "test", 0, 1, "sha256:" + "1" * 64, {"total_return": Decimal("0.1"), "trades": Decimal(12)}
)
_SOURCES = (
    "jax/domain/strategies/ma_crossover_v1.py",
    "jax/domain/strategy.py",
    "jax/domain/indicators/simple_moving_average.py",
    "jax/domain/indicators/average_true_range.py",
    "jax/domain/indicators/wilder_average.py",
    "jax/domain/strategies/parameter_limits.py",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that tests take in hand."""

    unit_of_work: UnitOfWork
    objects: MemoryObjectStore
    clock: SettableClock
    broker: PaperBroker
    submit: SubmitArtifact
    gate: GateDesk
    memory: SnapshotMemory

    def loader(self) -> LoadArtifacts:
        """What the trader loads with, on a disk that remembers across loaders."""
        return LoadArtifacts(
            LoaderParts(self.unit_of_work, self.objects, self.clock, self.gate.trust, self.memory)
        )


@asynccontextmanager
async def open_desk(
    unit_of_work: UnitOfWork | None = None,
    *,
    root: GateRoot = ROOT,
    policy: GatePolicy = DESK_POLICY,
    has_brackets: bool = False,
) -> AsyncIterator[Desk]:
    """A desk with two instruments, today's session, and nothing approved yet.

    Its venue says that it has no brackets, unless told otherwise: exits come after their entries then.
    """
    clock, objects = SettableClock(NOW), MemoryObjectStore()
    records = unit_of_work or MemoryUnitOfWork(MemoryDatabase())

    async def instrument_of(symbol: str) -> Instrument:
        async with records.begin() as transaction:
            return await transaction.reference.instrument(symbol)

    async with records.begin() as transaction:
        await transaction.reference.put_instruments([APPLE, MICROSOFT])
        session = ExchangeSession(
            "XNAS", NOW.date(), NOW - timedelta(minutes=30), NOW + timedelta(hours=6), False
        )
        await transaction.reference.put_sessions([session], [])
    gate = GateDesk(records, clock, root=root)
    await gate.open(policy)
    async with open_paper_broker(
        IN_MEMORY, PaperAccount(), clock=clock, instrument_of=instrument_of
    ) as broker:
        broker.has_brackets = has_brackets
        yield Desk(
            unit_of_work=records,
            objects=objects,
            clock=clock,
            broker=broker,
            submit=SubmitArtifact(
                unit_of_work=records, object_store=objects, clock=clock, ids=SequentialIdSource()
            ),
            gate=gate,
            memory=MemorySnapshotMemory(),
        )


def shipped_source() -> StrategySource:
    """The sources of ma_crossover_v1 as they are on disk."""
    root = Path(jax.domain.__path__[0]).parent.parent
    files = [SourceFile(path, (root / path).read_text()) for path in _SOURCES]
    return StrategySource(STRATEGY.name, "jax.domain.strategies.ma_crossover_v1:STRATEGY", bundle_of(files))


def submission(*, last_end: datetime = datetime(2020, 12, 31, 21, tzinfo=UTC)) -> Submission:
    """What research would submit for AAPL on bars up to `last_end`."""
    return Submission(
        source=shipped_source(),
        author="ada",
        params={
            name: value if isinstance(value, int) else Decimal(repr(value))
            for name, value in STRATEGY.params._asdict().items()
        },
        data=DataWindow(
            "sha256:" + "2" * 64, datetime(2000, 1, 3, 21, tzinfo=UTC), last_end, ("AAPL",), "test"
        ),
        environment=Environment("3.11.0", "sha256:" + "3" * 64),
        risk=RiskProfile(
            Decimal(1),
            Decimal(1000),
            ("LIMIT", "MARKET"),
            Decimal(1_000_000),
            60,
            Decimal("0.5"),
            ("paper",),
        ),
        evidence=EVIDENCE,
        golden_suite=b'{"cases":[],"schema":"jax/golden-suite/v2"}',
        report=b"<!doctype html>",
    )


async def active_artifact(desk: Desk, submitted: Submission | None = None) -> Artifact:
    """An artifact through every state of the gate, as different people take it."""
    return await desk.gate.activate(await desk.submit.submit(submitted or submission()))


async def approved_signal(
    desk: Desk, artifact: Artifact, *, signal_id: str = "sg1", symbol: str = "AAPL"
) -> Signal:
    """A stored signal to buy at 150 with its stop at 145, approved."""
    signal = Signal(
        signal_id=signal_id,
        artifact_id=artifact.artifact_id,
        artifact_hash=artifact.payload_sha256,
        strategy=artifact.name,
        symbol=symbol,
        side=Side.BUY,
        entry_price=Decimal(150),
        stop_loss=Decimal(145),
        take_profit=Decimal(165),
        confidence=Decimal("0.75"),
        reason="test",
        ts_event=NOW,
        created_at=NOW,
    )
    async with desk.unit_of_work.begin() as transaction:
        await transaction.signals.add(signal)
        approved = signal.moved_to(SignalStatus.APPROVED, by="olivia", at=NOW)
        await transaction.signals.save(approved)
    return approved


async def quote(desk: Desk, close: str, *, symbol: str = "AAPL") -> None:
    """A minute later a bar of the symbol with one price is stored, and the venue quotes that price."""
    await desk.broker.on_bars([await stored_bar(desk, close, symbol=symbol)])


async def stored_bar(desk: Desk, close: str, *, symbol: str = "AAPL") -> Bar:
    """A minute later a bar of the symbol with one price is stored, of which the venue does not hear."""
    desk.clock.advance(timedelta(minutes=1))
    price = Decimal(close)
    start = desk.clock.now() - timedelta(hours=1)
    bar = Bar(symbol, Timeframe.DAY, start, desk.clock.now(), price, price, price, price, Decimal(1000))
    async with desk.unit_of_work.begin() as transaction:
        await transaction.bars.append([bar])
    return bar
