"""Agents that are slow, broken or not there: bounded, asked again when it may help, and then left alone."""

import asyncio
import gzip
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest

from jax.adapters.agents.agent_line import AgentAddress, AgentLimits, AgentLine, open_agent_line
from jax.adapters.agents.circuit_breaker import BreakerLimits
from jax.adapters.memory.clock import SettableClock
from jax.ports.errors import NotFound, Refused, Unavailable
from tests.agent_servers import Reply, agent_server

QUICK = AgentLimits(answer_seconds=10.0, wait_seconds=0.01)
IMPATIENT = AgentLimits(answer_seconds=0.2, wait_seconds=0.01)
ONCE = AgentLimits(answer_seconds=10.0, attempts=1, breaker=BreakerLimits(failures=2, rest_seconds=30))
FINE = Reply({"ok": True})


class Script:
    """Says one thing after the other, and the last for ever."""

    def __init__(self, *replies: Reply, health: Reply = FINE) -> None:
        self.replies = list(replies)
        self.health = health

    def __call__(self, asked: str, body: object) -> Reply:
        if asked == "GET /health":
            return self.health
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


async def failures(line: AgentLine, count: int) -> Sequence[str]:
    """What is said when it fails so many times."""
    said = []
    for _ in range(count):
        with pytest.raises(Unavailable) as error:
            await line.ask("/x", {})
        said.append(str(error.value))
    return said


@pytest.mark.parametrize(
    "fault", [Reply({}, status=503), Reply({}, status=502), Reply({}, status=429), Reply(drops=True)]
)
async def test_a_passing_fault_is_asked_about_again(fault: Reply, clock: SettableClock) -> None:
    async with (
        agent_server(Script(fault, fault, FINE)) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, QUICK) as line,
    ):
        assert await line.ask("/x", {"q": "1"}) == {"ok": True}
    assert agent.asked == ["POST /x"] * 3


async def test_a_fault_that_stays_is_not_asked_about_for_ever(clock: SettableClock) -> None:
    async with (
        agent_server(Script(Reply({}, status=503))) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, QUICK) as line,
    ):
        (said,) = await failures(line, 1)
    assert "asked 3 times" in said
    assert agent.asked == ["POST /x"] * 3


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply({"error": "unknown tool"}, status=400), Refused),
        (Reply({}, status=422), Refused),
        (Reply({}, status=404), NotFound),
        (Reply({}, status=405), NotFound),
        (Reply({}, status=500), Unavailable),
        (Reply(b"", status=302, headers={"Location": "http://127.0.0.1:9/"}), Unavailable),
        (Reply(b"", status=204), Unavailable),
    ],
)
async def test_what_is_said_for_good_is_asked_once(
    reply: Reply, error: type[Exception], clock: SettableClock
) -> None:
    async with (
        agent_server(Script(reply)) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, QUICK) as line,
    ):
        with pytest.raises(error):
            await line.ask("/x", {})
    assert agent.asked == ["POST /x"]


@pytest.mark.parametrize("slow", [Reply(hangs=True), Reply(b" ", drips=True)], ids=["silent", "endless"])
async def test_an_answer_that_does_not_come_to_an_end_is_given_up(slow: Reply, clock: SettableClock) -> None:
    async with (
        agent_server(Script(slow)) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, IMPATIENT) as line,
    ):
        (said,) = await failures(line, 1)
    assert "within 0.2 seconds" in said or "more than 1048576 bytes" in said
    assert len(agent.requests) == 1, "who is slow is not asked again at once"


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(clock: SettableClock) -> None:
    async with (
        agent_server(Script(Reply(b" " * (1024 * 1024 + 1)))) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, QUICK) as line,
    ):
        (said,) = await failures(line, 1)
    assert "more than 1048576 bytes" in said


async def test_an_answer_that_is_packed_is_not_unpacked(clock: SettableClock) -> None:
    packed = Reply(gzip.compress(b'{"ok": true}'), headers={"Content-Encoding": "gzip"})
    async with (
        agent_server(Script(packed)) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, QUICK) as line,
    ):
        (said,) = await failures(line, 1)
    assert "not JSON" in said
    assert agent.requests[0].headers["accept-encoding"] == "identity"


async def test_nobody_at_the_address_is_unavailable(clock: SettableClock) -> None:
    async with agent_server(Script(FINE)) as agent:
        url = agent.url
    async with open_agent_line(AgentAddress("dexter", url), clock, QUICK) as line:
        (said,) = await failures(line, 1)
    assert said.startswith("dexter cannot be asked")


async def test_who_fails_in_a_row_is_left_alone_and_then_asked_for_its_health_first(
    clock: SettableClock,
) -> None:
    script = Script(Reply({}, status=500))
    async with (
        agent_server(script) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, ONCE) as line,
    ):
        await failures(line, 2)
        assert "left alone for 30 seconds" in (await failures(line, 1))[0]
        assert len(agent.requests) == 2, "it was asked during its rest"
        clock.advance(timedelta(seconds=30))
        script.health = Reply({}, status=503)
        await failures(line, 1)
        assert agent.asked[2:] == ["GET /health"], "who is not well is not asked the long question"
        assert "left alone" in (await failures(line, 1))[0]
        clock.advance(timedelta(seconds=30))
        script.health, script.replies = FINE, [FINE]
        assert await line.ask("/x", {}) == {"ok": True}
        assert agent.asked[3:] == ["GET /health", "POST /x"]
        await line.ask("/x", {})
        assert agent.asked[5:] == ["POST /x"], "who is well again is not asked for it"


async def test_success_and_refusal_end_a_row_of_failures(clock: SettableClock) -> None:
    bad = Reply({}, status=500)
    script = Script(bad, FINE, bad, Reply({}, status=400), bad, Reply({}, status=404), bad, FINE)
    async with (
        agent_server(script) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, ONCE) as line,
    ):
        for _ in range(3):
            await failures(line, 1)
            with suppress(NotFound, Refused):
                await line.ask("/x", {})
        await failures(line, 1)
        assert await line.ask("/x", {}) == {"ok": True}


async def test_of_many_who_come_after_the_rest_one_is_let_through(clock: SettableClock) -> None:
    script = Script(Reply({}, status=500))
    async with (
        agent_server(script) as agent,
        open_agent_line(AgentAddress("agent", agent.url), clock, ONCE) as line,
    ):
        await failures(line, 2)
        clock.advance(timedelta(seconds=30))
        script.health = Reply(hangs=True)
        first = asyncio.create_task(line.ask("/x", {}))
        await agent.until_asked(3)
        assert "left alone" in (await failures(line, 1))[0]
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        script.health, script.replies = FINE, [FINE]
        assert await line.ask("/x", {}) == {"ok": True}, "who gave up waiting must not keep the others out"
