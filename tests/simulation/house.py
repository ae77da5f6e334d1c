"""What every world begins with: an artifact through the whole gate, four instruments, their sessions.

It is made once, by the gate's own use cases; a world begins with a copy.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.id_source import SequentialIdSource
from jax.adapters.memory.object_store import MemoryObjectStore
from jax.adapters.memory.state import State
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.artifact import Artifact
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingLimits
from jax.domain.risk_limits import RiskLimits
from jax.domain.session import ExchangeSession
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.modules.artifacts.submit_artifact import SubmitArtifact
from tests.desk import submission
from tests.gate_desk import GateDesk

ACCOUNT = "paper"
BEGINS = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CLOSES = timedelta(seconds=34)  # the first session ends this long after the beginning
SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
STARTING_CASH = Decimal(10_000)
LIMITS = RiskLimits(
    sizing=SizingLimits(
        max_risk_per_trade_fraction=Decimal("0.05"),
        min_position_size=Decimal(1),
        max_position_size=Decimal(1000),
        max_position_value_fraction=Decimal("0.45"),
    ),
    max_open_positions=3,
    max_daily_loss=Decimal(5000),
    # Prices stand still here for as long as a run takes, and signals follow one another at once.
    max_quote_age_seconds=None,
    price_collar_fraction=Decimal(1),
    must_be_in_session=False,
    max_orders_per_minute=1000,
    order_burst=1000,
    repeat_after_seconds=None,
    max_cycle_notional_fraction=None,
)
# Prices stand still, so that what the account is worth does not change.
LARGEST_POSITION = STARTING_CASH * LIMITS.sizing.max_position_value_fraction


@dataclass(frozen=True, slots=True)
class House:
    """The stored state at `BEGINS`, and the active artifact."""

    state: State
    artifact: Artifact


@cache
def built_house() -> House:
    """The same in every process: nothing in it depends on the wall clock or on chance."""
    return asyncio.run(_build())


async def _build() -> House:
    database = MemoryDatabase()
    records, clock, objects = MemoryUnitOfWork(database), SettableClock(BEGINS), MemoryObjectStore()
    async with records.begin() as transaction:
        instruments = [Instrument(s, "XNAS", "USD", Decimal("0.01"), Decimal(1)) for s in SYMBOLS]
        await transaction.reference.put_instruments(instruments)
        await transaction.reference.put_sessions(_sessions(), [])
    gate = GateDesk(records, clock)
    await gate.open()
    submit = SubmitArtifact(unit_of_work=records, object_store=objects, clock=clock, ids=SequentialIdSource())
    artifact = await gate.activate(await submit.submit(submission()))
    async with records.begin() as transaction:
        await transaction.bars.append([_bar(symbol, "100") for symbol in SYMBOLS])
    return House(database.committed, artifact)


def _sessions() -> list[ExchangeSession]:
    opens = BEGINS - timedelta(hours=1)
    first = ExchangeSession("XNAS", opens.date(), opens, BEGINS + CLOSES, is_half_day=False)
    later = []
    for days in range(1, 4):
        begins = opens + timedelta(days=days)
        later.append(
            ExchangeSession("XNAS", begins.date(), begins, begins + timedelta(hours=7), is_half_day=False)
        )
    return [first, *later]


def _bar(symbol: str, close: str) -> Bar:
    price = Decimal(close)
    return Bar(
        symbol, Timeframe.DAY, BEGINS - timedelta(days=1), BEGINS, price, price, price, price, Decimal(10**6)
    )


def signals_of(artifact: Artifact, rng: Random) -> list[Signal]:
    """Approved proposals to buy, each worth between a tenth and nearly half of the account."""
    return [_signal(artifact, number, rng) for number in range(rng.randint(2, 7))]


def _signal(artifact: Artifact, number: int, rng: Random) -> Signal:
    stop = rng.choice((95, 90, 70))
    proposed = Signal(
        signal_id=f"sg{number}",
        artifact_id=artifact.artifact_id,
        artifact_hash=artifact.payload_sha256,
        strategy=artifact.name,
        symbol=rng.choice(SYMBOLS),
        side=Side.BUY,
        entry_price=Decimal(100),
        stop_loss=Decimal(stop),
        take_profit=Decimal(115),
        confidence=Decimal("0.75"),
        reason="simulated",
        ts_event=BEGINS,
        created_at=BEGINS,
    )
    return replace(proposed, status=SignalStatus.APPROVED, decided_by="olivia", decided_at=BEGINS)
