"""Agents that answer in their shapes over real HTTP, and agents that answer something else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.adapters.agents.agent0_planner import Agent0Planner
from jax.adapters.agents.agent_line import AgentAddress, AgentLimits, AgentLine, open_agent_line
from jax.adapters.agents.dexter_researcher import DexterResearcher
from jax.adapters.agents.hindsight_memory import HindsightMemory
from jax.adapters.memory.clock import SettableClock
from jax.domain.advice import LONGEST_LINE, MOST_LINES, AdvisedAction, Memory, RecallQuery, ToolResult
from jax.modules.orchestration.tools import TOOLS
from jax.ports.errors import NotFound, Refused, Unavailable
from jax.ports.planner import Brief
from tests.advice import NOW, facts, plan, request
from tests.agent_servers import (
    AgentServer,
    Handler,
    HindsightShape,
    Reply,
    agent0_shape,
    agent_server,
    dexter_shape,
    old_agent0_shape,
)

QUICK = AgentLimits(answer_seconds=10.0, wait_seconds=0.01)
BRIEF = Brief(request(facts()), (Memory("m1", "It fell.", "AAPL", NOW),), (), TOOLS)


@asynccontextmanager
async def asked(handler: Handler, clock: SettableClock) -> AsyncIterator[tuple[AgentLine, AgentServer]]:
    async with agent_server(handler) as agent:
        address = AgentAddress("agent", agent.url, "a-token-of-theirs")
        async with open_agent_line(address, clock, QUICK) as line:
            yield line, agent


async def test_a_plan_is_asked_for_with_all_that_is_known(clock: SettableClock) -> None:
    async with asked(agent0_shape("dexter.research_company", "Wait."), clock) as (line, agent):
        made = await Agent0Planner(line).plan(BRIEF)
    assert (made.action, made.confidence) == (AdvisedAction.BUY, Decimal("0.72"))
    assert (made.summary, made.reasoning) == ("AAPL looks good.", "It rose.")
    assert made.steps == ("dexter.research_company", "Wait.")
    (sent,) = agent.requests
    assert (sent.method, sent.path) == ("POST", "/v1/plan")
    assert sent.headers["authorization"] == "Bearer a-token-of-theirs"
    assert sent.body["symbol"] == "AAPL"
    assert sent.body["memories"] == [{"summary": "It fell.", "type": "decision", "symbol": "AAPL"}]
    assert sent.body["constraints"] == {"tools": list(TOOLS)}
    assert "BUY AAPL at 100, stop 95, target 110, confidence 0.8" in sent.body["context"]


async def test_a_service_without_plans_is_asked_for_a_suggestion(clock: SettableClock) -> None:
    async with asked(old_agent0_shape, clock) as (line, agent):
        made = await Agent0Planner(line).plan(BRIEF)
        with pytest.raises(NotFound):
            await Agent0Planner(line).execute(made, ())
    assert (made.action, made.confidence) == (AdvisedAction.WATCH, Decimal("0.78"))
    assert made.steps == ("Earnings beat by 12%", "Strong volume on breakout")
    assert agent.asked == ["POST /v1/plan", "POST /suggest", "POST /v1/execute"]
    assert agent.requests[1].body["include_market_data"] is False


async def test_a_conclusion_is_asked_for_with_what_the_tools_said(clock: SettableClock) -> None:
    results = (ToolResult("dexter.research_company", ("AAPL",), "Services grew."),)
    async with asked(agent0_shape(tools=("shell.run",)), clock) as (line, agent):
        said = await Agent0Planner(line).execute(plan("Wait."), results)
    assert (said.summary, said.tools) == ("On reflection: wait.", ("shell.run",))
    sent = agent.requests[0].body
    assert sent["plan"]["action"] == "BUY"
    assert sent["tool_context"]["results"][0]["said"] == "Services grew."
    assert sent["max_tool_calls"] == 3


async def test_companies_are_researched_and_compared(clock: SettableClock) -> None:
    async with asked(dexter_shape, clock) as (line, agent):
        dexter = DexterResearcher(line)
        found = await dexter.research_company("AAPL", ["What has changed?"])
        compared = await dexter.compare_companies(["AAPL", "MSFT"], "risks")
    assert found.summary == "Services grew."
    assert found.points == ("New products", "Strong cash flow", "employees: 164000", "pe_ratio: 28.5")
    assert (compared.summary, compared.points) == ("risks", ("AAPL: AAPL is fine", "MSFT: MSFT is fine"))
    assert [sent.body["tool"] for sent in agent.requests] == [
        "dexter.research_company",
        "dexter.compare_companies",
    ]


async def test_a_memory_is_kept_under_its_own_id(clock: SettableClock) -> None:
    shape = HindsightShape()
    async with asked(shape, clock) as (line, agent):
        memory = HindsightMemory(line)
        await memory.retain(Memory("ad1", "AAPL: BUY advised", "AAPL", NOW))
        assert await memory.reflect("what now?") == "Of 1 memories: be careful."
    assert shape.items["ad1"] == {
        "content": "AAPL: BUY advised",
        "document_id": "ad1",
        "context": "trade decision",
        "timestamp": NOW.isoformat(),
        "metadata": {"symbol": "AAPL"},
    }
    assert agent.asked == [
        "POST /v1/default/banks/trade_decisions/memories",
        "POST /v1/default/banks/trade_decisions/reflect",
    ]


GOOD_PLAN: dict[str, Any] = {
    "summary": "s",
    "steps": [],
    "action": "BUY",
    "confidence": 0.5,
    "reasoning_notes": "r",
}


@pytest.mark.parametrize(
    "body",
    [
        GOOD_PLAN | {"confidence": 1.01},
        GOOD_PLAN | {"confidence": -0.01},
        GOOD_PLAN | {"confidence": "0.5"},
        GOOD_PLAN | {"confidence": True},
        GOOD_PLAN | {"confidence": None},
        GOOD_PLAN | {"action": "BUY EVERYTHING"},
        GOOD_PLAN | {"action": ["BUY"]},
        GOOD_PLAN | {"summary": {"text": "s"}},
        GOOD_PLAN | {"steps": [{"tool": "shell.run"}]},
        GOOD_PLAN | {"steps": 5},
        {},
        [],
        "BUY",
        b"",
        b"<html>BUY</html>",
        b'{"confidence": NaN}',
        b'{"summary": "s", "action": "BUY", "reasoning_notes": "r", "confidence": Infinity}',
        b'{"summary": "s", "action": "BUY", "reasoning_notes": "r", "confidence": 1e999999999}',
        b'{"summary": "s", "action": "BUY", "reasoning_notes": "r", "confidence": ' + b"9" * 9999 + b"}",
        b"[" * 100_000,
        b"\xff\xfe{}",
    ],
    ids=lambda body: str(body)[:60],
)
async def test_a_plan_that_cannot_be_believed_is_none(body: Any, clock: SettableClock) -> None:
    async with asked(lambda *_: Reply(body), clock) as (line, _):
        with pytest.raises(Unavailable):
            await Agent0Planner(line).plan(BRIEF)


@pytest.mark.parametrize(
    "output",
    [
        {"ticker": "MSFT", "summary": "s", "key_points": []},
        {"ticker": "AAPL", "summary": 5},
        {"ticker": "AAPL", "key_points": ["p"]},
        {"ticker": "AAPL", "summary": "s", "key_points": "p"},
        {"ticker": "AAPL", "summary": "s", "metrics": [1]},
        None,
        "all is well",
    ],
)
async def test_research_about_something_else_is_none(output: Any, clock: SettableClock) -> None:
    async with asked(lambda *_: Reply({"output": output}), clock) as (line, _):
        with pytest.raises(Unavailable, match="cannot be read"):
            await DexterResearcher(line).research_company("AAPL", ["?"])


async def test_a_figure_that_is_no_number_refuses_the_answer(clock: SettableClock) -> None:
    body = b'{"output": {"ticker": "AAPL", "summary": "s", "metrics": {"pe_ratio": NaN}}}'
    async with asked(lambda *_: Reply(body), clock) as (line, _):
        with pytest.raises(Unavailable, match="NaN is no number"):
            await DexterResearcher(line).research_company("AAPL", ["?"])


@pytest.mark.parametrize(
    "results",
    [
        [{"id": "m1", "text": ""}],
        [{"id": "m1", "text": 5}],
        [{"text": "no id"}],
        [{"id": "x" * 129, "text": "a long id"}],
        [{"id": "m1", "text": "a", "metadata": {"symbol": "'; DROP TABLE"}}],
        [{"id": "m1", "text": "a", "mentioned_at": "yesterday"}],
        {"m1": "text"},
        None,
    ],
)
async def test_memories_that_cannot_be_read_are_none(results: Any, clock: SettableClock) -> None:
    async with asked(lambda *_: Reply({"results": results}), clock) as (line, _):
        with pytest.raises(Unavailable, match="cannot be read"):
            await HindsightMemory(line).recall(RecallQuery("AAPL", "", "none"))


async def test_a_memory_that_does_not_say_that_it_keeps_has_not_kept(clock: SettableClock) -> None:
    async with asked(lambda *_: Reply({"success": False}), clock) as (line, _):
        with pytest.raises(Unavailable, match="ad1"):
            await HindsightMemory(line).retain(Memory("ad1", "x"))


async def test_long_answers_are_cut_and_what_does_not_print_is_written_out(clock: SettableClock) -> None:
    body = GOOD_PLAN | {"steps": ["s" * 5000, *["x"] * 50], "summary": "\x1b[2J" + "y" * 50_000}
    async with asked(lambda *_: Reply(body), clock) as (line, _):
        made = await Agent0Planner(line).plan(BRIEF)
    assert len(made.steps) == MOST_LINES
    assert len(made.steps[0]) == LONGEST_LINE
    assert made.summary.startswith("<U+001B>[2Jyyy")
    assert len(made.summary) == 4000


async def test_a_refusal_is_told_with_its_reason_and_without_our_token(clock: SettableClock) -> None:
    def tell_it_all(asked: str, body: object) -> Reply:
        return Reply({"detail": "you sent a-token-of-theirs"}, status=401)

    async with asked(tell_it_all, clock) as (line, agent):
        with pytest.raises(Refused) as refused:
            await DexterResearcher(line).research_company("AAPL", ["?"])
        assert "a-token-of-theirs" not in repr(line.__dict__["_address"])
    assert "you sent ***" in str(refused.value)
    assert "check AGENT_TOKEN" in str(refused.value)
    assert len(agent.requests) == 1, "a no is not asked for again"


async def test_an_answer_that_repeats_our_token_does_not_pass_it_on(clock: SettableClock) -> None:
    body = replace(Reply(GOOD_PLAN | {"summary": "your token is a-token-of-theirs"}))
    async with asked(lambda *_: body, clock) as (line, _):
        assert (await Agent0Planner(line).plan(BRIEF)).summary == "your token is ***"
