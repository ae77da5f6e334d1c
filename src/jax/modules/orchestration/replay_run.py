"""Runs a request again with the answers that it had."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from jax.domain.advice import Conclusion, Finding, Memory, Plan, RecallQuery, ToolResult
from jax.domain.advice_run import Advisers, AskedAdvice, Outcome
from jax.domain.value_document import text_of
from jax.modules.orchestration.advise import Advising, AdvisingPorts
from jax.modules.orchestration.tape import ReplayDiffers, ReplayingTape
from jax.ports.errors import NotFound
from jax.ports.planner import Brief


async def first_difference(asked: AskedAdvice) -> str | None:
    """Where the run and its replay part, in a sentence; None when they are equal to the last character.

    NotFound when there is no completed run to compare with.
    """
    run = asked.run
    if run is None or run.outcome is None:
        raise NotFound(f"{asked.request.run_id} has no completed run: there is nothing to replay.")
    tape = ReplayingTape(run.exchanges)
    try:
        replayed = await Advising(asked.request, _stand_ins(run.advisers), tape).outcome()
        tape.check_played()
    except ReplayDiffers as error:
        return str(error)
    for field in fields(Outcome):
        recorded, again = getattr(run.outcome, field.name), getattr(replayed, field.name)
        if recorded != again:
            return f"{field.name}: recorded {_shown(recorded)}, replayed {_shown(again)}"
    return None


def _shown(value: object) -> str:
    return text_of(value)


@dataclass(frozen=True, slots=True)
class _StandIn:
    """Has the name of whoever was asked; the tape answers in its place, and asking it is a difference."""

    name: str

    def _asked(self) -> ReplayDiffers:
        return ReplayDiffers(f"{self.name} is asked in earnest: its answer is on no tape")

    async def recall(self, query: RecallQuery) -> Sequence[Memory]:
        raise self._asked()

    async def retain(self, memory: Memory) -> None:
        raise self._asked()

    async def reflect(self, question: str) -> str:
        raise self._asked()

    async def plan(self, brief: Brief) -> Plan:
        raise self._asked()

    async def execute(self, plan: Plan, results: Sequence[ToolResult]) -> Conclusion:
        raise self._asked()

    async def research_company(self, symbol: str, questions: Sequence[str]) -> Finding:
        raise self._asked()

    async def compare_companies(self, symbols: Sequence[str], focus: str) -> Finding:
        raise self._asked()


def _stand_ins(advisers: Advisers) -> AdvisingPorts:
    return AdvisingPorts(
        memories=tuple(_StandIn(name) for name in advisers.memories),
        planner=None if advisers.planner is None else _StandIn(advisers.planner),
        researcher=None if advisers.researcher is None else _StandIn(advisers.researcher),
    )
