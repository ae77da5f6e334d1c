"""Who makes a plan of what is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jax.domain.advice import Conclusion, Finding, Memory, Plan, ToolResult
from jax.domain.advice_request import AdviceRequest


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a planner is told; `tools` are the only ones that its steps may name."""

    request: AdviceRequest
    memories: tuple[Memory, ...]
    findings: tuple[Finding, ...]
    tools: tuple[str, ...]


class Planner(Protocol):
    """Every call may raise Unavailable (no answer, or none to believe) or Refused, and be repeated."""

    @property
    def name(self) -> str:
        """Such as `agent0`; it is written into the run."""
        ...

    async def plan(self, brief: Brief) -> Plan:
        """What the planner would do."""
        ...

    async def execute(self, plan: Plan, results: Sequence[ToolResult]) -> Conclusion:
        """What it says once it knows what the tools said; NotFound when it does not do this."""
        ...
