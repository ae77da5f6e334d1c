"""Records the histories of advice anew: `python -m tests.replay.record_advice`; say why in the commit."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal

from jax.adapters.agents.agent0_planner import Agent0Planner
from jax.adapters.agents.agent_line import AgentAddress, AgentLimits, AgentLine, open_agent_line
from jax.adapters.agents.dexter_researcher import DexterResearcher
from jax.adapters.agents.hindsight_memory import HindsightMemory
from jax.adapters.memory.advice_memory import MemoryAdviceMemory
from jax.adapters.memory.advice_store import MemoryAdviceStore
from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.database import MemoryDatabase
from jax.domain.advice import Memory
from jax.domain.advice_request import AdviceRequest
from jax.domain.advice_run import AskedAdvice
from jax.modules.orchestration.advise import AdvisingPorts
from jax.modules.orchestration.run_requests import RunRequests
from tests.advice import NOW, facts, request
from tests.agent_servers import Handler, HindsightShape, Reply, agent0_shape, agent_server, dexter_shape
from tests.replay.advice_history import EDITED, RECORDED, write_advice

_ASKED = request(facts(reason='fast "crossed" slow'), context="earnings in five days")
_STEPS = (
    "dexter.research_company",
    "dexter.compare_companies AAPL MSFT",
    "memory.reflect",
    "broker.place AAPL 100",
    "Wait for the close.",
)


async def recorded(ports: AdvisingPorts, asked: AdviceRequest = _ASKED) -> AskedAdvice:
    """The run of `asked` at a fixed time."""
    store = MemoryAdviceStore(MemoryDatabase())
    await store.ask(asked)
    await RunRequests(store=store, ports=ports, clock=SettableClock(NOW)).run_next()
    return await store.get(asked.run_id)


async def by_rule() -> AskedAdvice:
    return await recorded(AdvisingPorts((MemoryAdviceMemory(),)))


async def by_agents(hindsight: Handler, agent0: Handler, dexter: Handler) -> AskedAdvice:
    async with AsyncExitStack() as stack:

        async def line(name: str, handler: Handler) -> AgentLine:
            agent = await stack.enter_async_context(agent_server(handler))
            limits = AgentLimits(answer_seconds=10.0, attempts=1)
            address = AgentAddress(name, agent.url)
            return await stack.enter_async_context(open_agent_line(address, SettableClock(NOW), limits))

        memory = HindsightMemory(await line("hindsight", hindsight))
        if hindsight is not failing:
            await memory.retain(Memory("ad-earlier", "AAPL fell after the last cross.", "AAPL", NOW))
        return await recorded(
            AdvisingPorts(
                memories=(memory, MemoryAdviceMemory()),
                planner=Agent0Planner(await line("agent0", agent0)),
                researcher=DexterResearcher(await line("dexter", dexter)),
            )
        )


def failing(asked: str, body: object) -> Reply:
    return Reply({"error": "out of order"}, status=500)


async def all_histories() -> dict[str, AskedAdvice]:
    """By name; the edited one says that the planner was surer than its recorded answer."""
    agents = await by_agents(HindsightShape(), agent0_shape(*_STEPS), dexter_shape)
    run = agents.run
    assert run is not None
    assert run.outcome is not None
    surer = replace(run.outcome, advice=replace(run.outcome.advice, confidence=Decimal("0.9")))
    found = {
        RECORDED[0]: await by_rule(),
        RECORDED[1]: agents,
        RECORDED[2]: await by_agents(failing, failing, failing),
        EDITED: AskedAdvice(agents.request, replace(run, outcome=surer)),
    }
    assert set(found) == {*RECORDED, EDITED}
    return found


def main() -> None:
    for name, asked in asyncio.run(all_histories()).items():
        write_advice(name, asked)


if __name__ == "__main__":
    main()
