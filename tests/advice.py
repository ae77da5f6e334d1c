"""Advisers, signals and requests for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from jax.adapters.memory.advice_memory import MemoryAdviceMemory
from jax.domain.advice import AdvisedAction, Conclusion, Finding, Plan, ToolResult
from jax.domain.advice_request import AdviceRequest, SignalFacts, run_id_of_signal
from jax.domain.side import Side
from jax.modules.orchestration.advise import AdvisingPorts
from jax.ports.errors import NotFound
from jax.ports.planner import Brief

T = TypeVar("T")
NOW = datetime(2026, 1, 15, 21, 0, tzinfo=UTC)


def facts(signal_id: str = "sg1", **changed: Any) -> SignalFacts:
    """A BUY of AAPL with confidence 0.8 and a payoff of 2."""
    given: dict[str, Any] = {
        "signal_id": signal_id,
        "strategy": "ma_crossover_v1",
        "artifact_hash": "sha256:" + "5e" * 32,
        "symbol": "AAPL",
        "side": Side.BUY,
        "entry_price": Decimal(100),
        "stop_loss": Decimal(95),
        "take_profit": Decimal(110),
        "confidence": Decimal("0.8"),
        "reason": "fast average crossed above slow",
        "ts_event": NOW,
    }
    return SignalFacts(**given | changed)


def request(signal: SignalFacts | None = None, **changed: Any) -> AdviceRequest:
    """About `signal`, or about the first one."""
    about = signal or facts()
    given: dict[str, Any] = {
        "run_id": run_id_of_signal(about.signal_id),
        "symbol": about.symbol,
        "trigger_type": "signal",
        "context": "",
        "signal": about,
        "asked_at": NOW,
    }
    return AdviceRequest(**given | changed)


def question(run_id: str = "q1", **changed: Any) -> AdviceRequest:
    """A person's, about no signal."""
    return replace(request(run_id=run_id, trigger_type="manual", **changed), signal=None)


def plan(*steps: str, **changed: Any) -> Plan:
    """A planner's BUY with these steps."""
    given: dict[str, Any] = {
        "action": AdvisedAction.BUY,
        "confidence": Decimal("0.7"),
        "summary": "It looks good.",
        "reasoning": "Because it rose.",
        "steps": steps,
    }
    return Plan(**given | changed)


@dataclass
class ScriptedPlanner:
    """A Planner that says what it was told to say, and remembers what it was asked."""

    answer: Plan | Exception = field(default_factory=plan)
    conclusion: Conclusion | Exception = field(default_factory=lambda: NotFound("no such thing"))
    name: str = "agent0"
    briefs: list[Brief] = field(default_factory=list)
    results: list[tuple[ToolResult, ...]] = field(default_factory=list)

    async def plan(self, brief: Brief) -> Plan:
        self.briefs.append(brief)
        return _said(self.answer)

    async def execute(self, plan: Plan, results: Sequence[ToolResult]) -> Conclusion:
        self.results.append(tuple(results))
        return _said(self.conclusion)


@dataclass
class ScriptedResearcher:
    """A Researcher that knows one thing, and remembers what it was asked."""

    answer: Finding | Exception = field(default_factory=lambda: Finding("Sales grew.", ("pe_ratio: 28.5",)))
    name: str = "dexter"
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def research_company(self, symbol: str, questions: Sequence[str]) -> Finding:
        self.asked.append((symbol,))
        return _said(self.answer)

    async def compare_companies(self, symbols: Sequence[str], focus: str) -> Finding:
        self.asked.append(tuple(symbols))
        return _said(self.answer)


def advisers(
    planner: ScriptedPlanner | None = None, researcher: ScriptedResearcher | None = None
) -> AdvisingPorts:
    """A memory within the process, and whoever is given."""
    return AdvisingPorts((MemoryAdviceMemory(),), planner, researcher)


def _said(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer
