"""A strategy that buys on every bar, brought through the gate to where the trader may load it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import jax.domain
from jax.adapters.memory.id_source import SequentialIdSource
from jax.domain.artifact import Artifact
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bar import Timeframe
from jax.domain.bundle import SourceFile, bundle_of
from jax.domain.instrument import Instrument
from jax.domain.risk_profile import RiskProfile
from jax.domain.session import ExchangeSession
from jax.modules.artifacts.submit_artifact import (
    DataWindow,
    Environment,
    Submission,
    SubmitArtifact,
)
from jax.ports.clock import Clock
from jax.ports.object_store import ObjectStore
from jax.ports.strategy_catalog import StrategySource
from jax.ports.unit_of_work import UnitOfWork
from tests.gate_desk import GateDesk

LAST_TESTED_DAY = datetime(2024, 3, 1, 21, tzinfo=UTC)
_HASH = "sha256:" + "a" * 64
_SOURCE = """
from typing import NamedTuple
from jax.domain.strategy import BUY, Decision, Strategy

class Params(NamedTuple):
    stop_fraction: float = 0.05

class Inputs(NamedTuple):
    pass

def indicators(params):
    return ()

def decide(state, bar, inputs, params):
    stop = bar.close * (1.0 - params.stop_fraction)
    return state, Decision(BUY, 0.8, bar.close, stop, bar.close * 1.1, bar.close * 1.2, 0)

STRATEGY = Strategy(
    "NAME", Params(), Inputs, indicators, 0, decide, ("a bar came",), lambda params: ""
)
"""


@dataclass(frozen=True, slots=True)
class Variant:
    """A strategy under a name of its own; another `stop_fraction` is another version of it.

    Its id is `ids` and a number.
    """

    name: str = "buys_every_bar"
    symbol: str = "AAPL"
    stop_fraction: Decimal = Decimal("0.05")
    ids: str = "art"
    timeframe: Timeframe = Timeframe.DAY
    auto_approve_confidence: Decimal | None = None
    max_orders_per_minute: int = 60


FIRST = Variant()


async def list_instruments(unit_of_work: UnitOfWork) -> None:
    """AAPL and MSFT; the calendar of their exchange reaches from long ago to far ahead."""
    opens = [datetime(year, 1, 4, 14, 30, tzinfo=UTC) for year in (2000, 2099)]
    hours = timedelta(hours=6.5)
    sessions = [ExchangeSession("XNAS", at.date(), at, at + hours, is_half_day=False) for at in opens]
    async with unit_of_work.begin() as transaction:
        await transaction.reference.put_instruments(
            [Instrument(symbol, "XNAS", "USD", Decimal("0.01"), Decimal(1)) for symbol in ("AAPL", "MSFT")]
        )
        await transaction.reference.put_sessions(sessions, [])


async def draft(
    unit_of_work: UnitOfWork, object_store: ObjectStore, clock: Clock, *, variant: Variant = FIRST
) -> Artifact:
    """The strategy as an artifact in DRAFT."""
    contract = Path(jax.domain.__path__[0]) / "strategy.py"
    files = [
        SourceFile("mine.py", _SOURCE.replace("NAME", variant.name)),
        SourceFile("jax/domain/strategy.py", contract.read_text()),
    ]
    submission = Submission(
        source=StrategySource(variant.name, "mine:STRATEGY", bundle_of(files)),
        author="rita",
        params={"stop_fraction": variant.stop_fraction},
        data=DataWindow(
            manifest_sha256=_HASH,
            first_end=datetime(2023, 1, 3, 21, tzinfo=UTC),
            last_end=LAST_TESTED_DAY,
            symbols=(variant.symbol,),
            vendor="sample",
            timeframe=variant.timeframe,
        ),
        environment=Environment("3.11", _HASH),
        risk=RiskProfile(
            Decimal(1),
            Decimal(1000),
            ("LIMIT",),
            Decimal(1_000_000),
            variant.max_orders_per_minute,
            Decimal("0.5"),
            ("paper",),
            auto_approve_confidence=variant.auto_approve_confidence,
        ),
        evidence=BacktestEvidence("run-1", "1", 1, 1, _HASH, {"trades": Decimal(12)}),
        golden_suite=b'{"cases":[],"schema":"jax/golden-suite/v2"}',
        report=b"<html>what it would have done</html>",
    )
    submit = SubmitArtifact(
        unit_of_work=unit_of_work,
        object_store=object_store,
        clock=clock,
        ids=SequentialIdSource(variant.ids),
    )
    return await submit.submit(submission)


async def approve(unit_of_work: UnitOfWork, artifact: Artifact, clock: Clock) -> None:
    """DRAFT to ACTIVE, by four people."""
    gate = GateDesk(unit_of_work, clock)
    await gate.open()
    await gate.activate(artifact)


async def revoke(unit_of_work: UnitOfWork, artifact: Artifact, clock: Clock) -> None:
    """It must not trade any more."""
    await GateDesk(unit_of_work, clock).revoke(artifact)
