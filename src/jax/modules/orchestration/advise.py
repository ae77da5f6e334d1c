"""Recall, research, plan, use tools, conclude, retain: what comes of a request."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from jax.domain.advice import (
    LONGEST_LINE,
    MOST_MEMORIES,
    Conclusion,
    Finding,
    Memory,
    Plan,
    RecallQuery,
    ToolResult,
    bounded,
)
from jax.domain.advice_request import AdviceRequest
from jax.domain.advice_run import NOBODY, Advisers, Outcome, Used
from jax.domain.errors import InvalidValue
from jax.modules.orchestration import rule_plan
from jax.modules.orchestration.tape import Asked, Tape
from jax.modules.orchestration.tools import (
    COMPARE,
    MOST_CALLS,
    REFLECT,
    RESEARCH,
    TOOLS,
    ToolCall,
    tool_call_of,
)
from jax.ports.advice_memory import AdviceMemory
from jax.ports.errors import PortError
from jax.ports.planner import Brief, Planner
from jax.ports.researcher import Researcher

T = TypeVar("T")
_QUESTIONS = (
    "What has changed at the company lately?",
    "Which events of the coming weeks could move the price?",
    "What speaks against a position now?",
)
_FOCUS = "prospects and risks over the coming weeks"


@dataclass(frozen=True, slots=True)
class AdvisingPorts:
    """Whom to ask: the first of `memories` that answers, and the planner and researcher if there are any."""

    memories: tuple[AdviceMemory, ...]
    planner: Planner | None = None
    researcher: Researcher | None = None

    @property
    def names(self) -> Advisers:
        """Who they are."""
        return Advisers(
            memories=tuple(memory.name for memory in self.memories),
            planner=None if self.planner is None else self.planner.name,
            researcher=None if self.researcher is None else self.researcher.name,
        )


class Advising:
    """One run, which asks through `tape`. What nobody answers is noted, and the run goes on without it."""

    def __init__(self, request: AdviceRequest, ports: AdvisingPorts, tape: Tape) -> None:
        self._request = request
        self._ports = ports
        self._tape = tape
        self._used = Used()
        self._notes: list[str] = []

    async def outcome(self) -> Outcome:
        """The advice, and how it came about; the same for the same answers."""
        brief = Brief(self._request, await self._recall(), await self._research(), TOOLS)
        plan = await self._plan(brief)
        results = await self._use_tools(plan, brief)
        advice = await self._conclude(plan, results)
        await self._retain(advice)
        return Outcome(advice, self._used, results, tuple(self._notes))

    async def _recall(self) -> tuple[Memory, ...]:
        request, signal = self._request, self._request.signal
        about = "" if signal is None else f"{signal.strategy} {signal.side} {signal.reason}"
        words = bounded(f"{about} {request.context}".strip(), longest=LONGEST_LINE)
        query = RecallQuery(request.symbol, words, besides=request.run_id)

        async def recall(memory: AdviceMemory) -> tuple[Memory, ...]:
            return tuple(await memory.recall(query))[:MOST_MEMORIES]

        for memory in self._ports.memories:
            found = await self._asked(memory, "recall", query, recall, kind=tuple[Memory, ...])
            if found is not None:
                self._used = replace(self._used, memory=memory.name)
                return found
        return ()

    async def _research(self) -> tuple[Finding, ...]:
        found = await self._researched(ToolCall(RESEARCH, (self._request.symbol,)))
        if found is None:
            return ()
        self._used = replace(self._used, researcher=self._ports.names.researcher or NOBODY)
        return (found,)

    async def _plan(self, brief: Brief) -> Plan:
        planner = self._ports.planner
        if planner is not None:
            plan: Plan | None = await self._asked(
                planner, "plan", brief, lambda asked: asked.plan(brief), kind=Plan
            )
            if plan is not None:
                self._used = replace(self._used, planner=planner.name)
                return plan
        self._used = replace(self._used, planner=rule_plan.NAME)
        return rule_plan.rule_plan(self._request)

    async def _use_tools(self, plan: Plan, brief: Brief) -> tuple[ToolResult, ...]:
        calls: dict[ToolCall, None] = {}
        for step in plan.steps:
            try:
                call = tool_call_of(step, symbol=self._request.symbol)
            except InvalidValue as error:
                self._note(f"refused a step of the plan: {error.problem}")
                continue
            if call is not None:
                calls[call] = None
        if len(calls) > MOST_CALLS:
            self._note(
                f"refused {len(calls) - MOST_CALLS} of {len(calls)} tools: a plan may use {MOST_CALLS}"
            )
        return tuple([await self._used_tool(call, brief) for call in list(calls)[:MOST_CALLS]])

    async def _used_tool(self, call: ToolCall, brief: Brief) -> ToolResult:
        if call.tool == REFLECT:
            said = await self._reflected()
        elif call == ToolCall(RESEARCH, (self._request.symbol,)) and brief.findings:
            said = _text_of(brief.findings[0])
        else:
            found = await self._researched(call)
            said = None if found is None else _text_of(found)
        return ToolResult(call.tool, call.symbols, said, None if said is not None else "nobody answered")

    async def _researched(self, call: ToolCall) -> Finding | None:
        researcher, symbols = self._ports.researcher, call.symbols
        if researcher is None:
            return None
        if call.tool == COMPARE:
            return await self._asked(
                researcher,
                "compare companies",
                (*symbols, _FOCUS),
                lambda asked: asked.compare_companies(symbols, _FOCUS),
                kind=Finding,
            )
        return await self._asked(
            researcher,
            "research a company",
            (*symbols, *_QUESTIONS),
            lambda asked: asked.research_company(symbols[0], _QUESTIONS),
            kind=Finding,
        )

    async def _reflected(self) -> str | None:
        question = f"What is there to learn from earlier advice on {self._request.symbol}?"
        for memory in self._ports.memories:
            said = await self._asked(
                memory, "reflect", question, lambda asked: asked.reflect(question), kind=str
            )
            if said is not None:
                return bounded(said)
        return None

    async def _conclude(self, plan: Plan, results: Sequence[ToolResult]) -> Plan:
        planner, given = self._ports.planner, tuple(results)
        # The rule names no tools: where there are results, it is the planner's plan.
        if planner is None or not given:
            return plan
        said = await self._asked(
            planner,
            "conclude",
            (plan, *given),
            lambda asked: asked.execute(plan, given),
            kind=Conclusion,
        )
        if said is None:
            return plan
        foreign = [tool for tool in said.tools if tool not in TOOLS]
        if foreign:
            self._note(f"refused the conclusion: {planner.name} says that it used {', '.join(foreign)}")
            return plan
        return replace(plan, summary=said.summary or plan.summary)

    async def _retain(self, advice: Plan) -> None:
        request, signal = self._request, self._request.signal
        about = "a question" if signal is None else f"{signal.side} by {signal.strategy}"
        text = (
            f"{request.symbol}: {advice.action} advised on {about} with confidence {advice.confidence}. "
            f"{advice.summary}"
        )
        kept = Memory(request.run_id, bounded(text), request.symbol, request.asked_at)

        async def retain(memory: AdviceMemory) -> str:
            await memory.retain(kept)
            return kept.memory_id

        for memory in self._ports.memories:
            if await self._asked(memory, "retain", kept, retain, kind=str) is not None:
                self._used = replace(self._used, retained=memory.name)
                return

    async def _asked(
        self, port: Any, call: str, question: Any, ask: Callable[[Any], Awaitable[T]], *, kind: Any
    ) -> T | None:
        """The answer, or None with a note of why there is none."""
        asked = Asked(port.name, call, question)
        try:
            return await self._tape.exchange(asked, lambda: ask(port), kind=kind)
        except PortError as error:
            self._note(f"{port.name} did not {call}: {error}")
            return None

    def _note(self, sentence: str) -> None:
        self._notes.append(bounded(sentence, longest=LONGEST_LINE))


def _text_of(finding: Finding) -> str:
    return bounded("\n".join((finding.summary, *(f"- {point}" for point in finding.points))))
