"""The signals of a scenario are executed one after the other, and every decision is told with its numbers."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from jax.domain.controls import ModeChange, Said, TradingMode
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.risk_decision import Denied
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.modules.execution.execute_signal import Executed, ExecuteSignal
from tests.desk import ACCOUNT, LIMITS, Desk, active_artifact, open_desk, quote
from tests.floor import Floor
from tests.replay.scenario import Outcome, Scenario

DECISIONS = Path(__file__).parent / "scenarios" / "executions_of_aapl_2026_01_15.json"
EDITED_DECISIONS = DECISIONS.with_name("edited_executions_of_aapl_2026_01_15.json")
# Tight enough for most of the limits to be met on the way.
_LIMITS = replace(
    LIMITS,
    sizing=replace(LIMITS.sizing, max_order_notional=Decimal(9_000)),
    max_open_positions=2,
    max_quote_age_seconds=Decimal(90),
    max_daily_risk=Decimal(79),
    repeat_after_seconds=Decimal(30),
)
# What is said of the account, and how long nobody quotes, before the signal of that number is executed.
_MODES = {3: TradingMode.REDUCE, 4: TradingMode.OBSERVE, 5: TradingMode.NORMAL}
_SILENCES = {7: timedelta(minutes=2)}


async def decided(scenario: Scenario) -> tuple[Outcome, ...]:
    """What became of each signal of the scenario, oldest first."""
    proposals = [one for found in scenario.expected.values() for one in found if "stop_loss" in one]
    proposals.sort(key=lambda one: (one["bar_end"], one["strategy"], one["subject"]))
    async with open_desk(policy=DESK_POLICY) as desk:
        artifact = await active_artifact(desk)
        async with desk.unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(ACCOUNT)
        engine = Floor(desk, artifact, epoch).engine(limits=_LIMITS)
        told = []
        for number, proposal in enumerate(proposals):
            await quote(desk, proposal["close"])
            await _set_mode(desk, _MODES.get(number))
            signal = _signal(f"sg{number}", proposal, artifact.artifact_id, artifact.payload_sha256, desk)
            await _store_approved(desk, signal)
            desk.clock.advance(_SILENCES.get(number, timedelta(0)))
            told.append({"signal": proposal["subject"], **await _told(engine, signal)})
    return tuple(told)


def read_decisions(file: Path) -> tuple[Outcome, ...]:
    """What is committed."""
    return tuple(json.loads(file.read_text(encoding="utf-8")))


def write_decisions(file: Path, decisions: tuple[Outcome, ...]) -> None:
    """One decision a line."""
    rows = ",\n".join(json.dumps(decision) for decision in decisions)
    file.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


async def _told(engine: ExecuteSignal, signal: Signal) -> Outcome:
    outcome = await engine.execute(signal.signal_id, approved_by="olivia")
    if isinstance(outcome, Denied):
        numbers = {name: str(value) for name, value in outcome.numbers.items()}
        return {"denied": outcome.reason_code, "detail": outcome.detail, "numbers": numbers}
    assert isinstance(outcome, Executed)
    trade, order = outcome.trade, outcome.order
    return {
        "side": order.side,
        "quantity": str(order.quantity),
        "limit_price": str(order.limit_price),
        "risk_amount": str(trade.risk_amount),
        "position_value": str(trade.position_value),
        "status": order.status,
        "filled_quantity": str(order.filled_quantity),
        "average_price": str(order.average_price),
    }


async def _set_mode(desk: Desk, mode: TradingMode | None) -> None:
    if mode is None:
        return
    async with desk.unit_of_work.begin() as transaction:
        said = Said("the scenario says so", "olivia", desk.clock.now())
        await transaction.controls.set_mode(ACCOUNT, ModeChange(mode, said))


async def _store_approved(desk: Desk, signal: Signal) -> None:
    async with desk.unit_of_work.begin() as transaction:
        await transaction.signals.add(signal)
        approved = signal.moved_to(SignalStatus.APPROVED, by="olivia", at=desk.clock.now())
        await transaction.signals.save(approved)


def _signal(signal_id: str, proposal: Outcome, artifact_id: str, artifact_hash: str, desk: Desk) -> Signal:
    target = proposal["take_profit"]
    return Signal(
        signal_id=signal_id,
        artifact_id=artifact_id,
        artifact_hash=artifact_hash,
        strategy="ma_crossover_v1",
        symbol=proposal["symbol"],
        side=Side(proposal["side"]),
        entry_price=Decimal(proposal["entry_price"]),
        stop_loss=Decimal(proposal["stop_loss"]),
        take_profit=None if target is None else Decimal(target),
        confidence=Decimal(proposal["confidence"]),
        reason=proposal["reason"],
        ts_event=desk.clock.now(),
        created_at=desk.clock.now(),
    )
