"""Bars through the trader's own use case, in memory: every signal, and every decision that was none."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.artifact_payload import parse_payload
from jax.domain.bar import Bar
from jax.domain.instrument import Instrument
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.strategy import Strategy
from jax.modules.signals.receive_bars import ReceiveBars
from tests.contract.stored_values import artifact
from tests.gate_walk import store_draft
from tests.replay.scenario import PARAMS, Outcome, Scenario

_OF_SIGNAL = ("side", "entry_price", "stop_loss", "take_profit", "confidence", "created_at")


async def replayed(scenario: Scenario, strategy: Strategy, *, turn: int = 0) -> tuple[Outcome, ...]:
    """What came of the scenario's bars; every `turn` has them delivered in other portions, some twice.

    Half of the turns lose the trader in the middle: another one goes on from what is stored.
    """
    unit_of_work, clock = MemoryUnitOfWork(MemoryDatabase()), SettableClock(scenario.clock)
    async with unit_of_work.begin() as transaction:
        instrument = Instrument(scenario.symbol, "XNAS", "USD", Decimal("0.01"), Decimal(1))
        await transaction.reference.put_instruments([instrument])
    await store_draft(unit_of_work, artifact(name=strategy.name))
    chance = random.Random(scenario.seed * 1000 + turn)
    receive = _receiving(unit_of_work, clock, scenario, strategy)
    for portion in _portions(scenario.bars, chance, turn):
        await receive.receive(portion)
        if turn % 2 and chance.random() < 0.2:
            receive = _receiving(unit_of_work, clock, scenario, strategy)
            await receive.receive(portion)
    return await _outcomes(unit_of_work)


def _loaded(strategy: Strategy, scenario: Scenario) -> LoadedArtifact:
    """As if it had been approved for the scenario's symbol and timeframe, with the scenario's parameters."""
    of = artifact(name=strategy.name)
    payload = replace(
        parse_payload(of.payload),
        symbols=(scenario.symbol,),
        data_from=scenario.bars[0].start,
        data_to=scenario.decides_after,
        timeframe=scenario.timeframe,
    )
    params = strategy.params._replace(**PARAMS.get(strategy.name, {}))
    return LoadedArtifact(
        of.artifact_id, of.payload_sha256, payload, strategy, params, "desk", payload.bundle_sha256
    )


def _receiving(
    unit_of_work: MemoryUnitOfWork, clock: SettableClock, scenario: Scenario, strategy: Strategy
) -> ReceiveBars:
    receive = ReceiveBars(unit_of_work=unit_of_work, clock=clock)
    receive.use_artifacts([_loaded(strategy, scenario)])
    return receive


def _portions(bars: Sequence[Bar], chance: random.Random, turn: int) -> Sequence[Sequence[Bar]]:
    """All at once in turn 0, one by one in turn 1, and by chance in the others."""
    if turn == 0:
        return [bars]
    portions, at = [], 0
    while at < len(bars):
        size = 1 if turn == 1 else chance.randint(1, 40)
        again = chance.randint(0, min(at, 3))
        portions.append(bars[at - again : at + size])
        at += size
    return portions


async def _outcomes(unit_of_work: MemoryUnitOfWork) -> tuple[Outcome, ...]:
    """Told by the audit log, which has the order in which things came, and by the signals themselves."""
    async with unit_of_work.begin() as transaction:
        entries = await transaction.audit.entries()
        told: list[dict[str, Any]] = []
        for event in (entry.event for entry in entries if entry.event.kind.startswith("signal.")):
            assert isinstance(event.data, dict)
            facts: dict[str, Any] = {"kind": event.kind, "subject": event.subject, **event.data}
            if event.kind == "signal.generated":
                signal = await transaction.signals.get(event.subject)
                facts |= {
                    name: _text(getattr(signal, name))
                    for name in (
                        "side",
                        "entry_price",
                        "stop_loss",
                        "take_profit",
                        "confidence",
                        "created_at",
                    )
                }
            told.append(facts)
    return tuple(told)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
