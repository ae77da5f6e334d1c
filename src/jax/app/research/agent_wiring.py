"""Which agents are asked for advice: those that the settings name, and what stands in for the others."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from jax.adapters.agents.agent0_planner import Agent0Planner
from jax.adapters.agents.agent_line import AgentAddress, AgentLimits, AgentLine, open_agent_line
from jax.adapters.agents.dexter_researcher import DexterResearcher
from jax.adapters.agents.hindsight_memory import HindsightMemory
from jax.adapters.postgres.advice_memory import PostgresAdviceMemory
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.system.system_clock import SystemClock
from jax.app.research.settings import ResearchSettings
from jax.modules.orchestration.advise import AdvisingPorts

# A language model on a small machine thinks for minutes.
_PLANNING = AgentLimits(answer_seconds=120.0)
_LOOKING_UP = AgentLimits(answer_seconds=30.0)


@asynccontextmanager
async def open_advising(
    settings: ResearchSettings, database: PostgresDatabase
) -> AsyncIterator[AdvisingPorts]:
    """Whom to ask; without any agent the memory is Postgres and the plan a rule."""
    async with AsyncExitStack() as stack:

        async def line(
            name: str, url: str | None, token: SecretStr | None, limits: AgentLimits
        ) -> AgentLine | None:
            if url is None:
                return None
            address = AgentAddress(name, url, None if token is None else token.get_secret_value())
            return await stack.enter_async_context(open_agent_line(address, SystemClock(), limits))

        hindsight = await line("hindsight", settings.HINDSIGHT_URL, settings.HINDSIGHT_TOKEN, _LOOKING_UP)
        agent0 = await line("agent0", settings.AGENT0_URL, settings.AGENT0_TOKEN, _PLANNING)
        dexter = await line("dexter", settings.DEXTER_URL, settings.DEXTER_TOKEN, _LOOKING_UP)
        found = () if hindsight is None else (HindsightMemory(hindsight, bank=settings.HINDSIGHT_BANK),)
        yield AdvisingPorts(
            memories=(*found, PostgresAdviceMemory(database)),
            planner=None if agent0 is None else Agent0Planner(agent0),
            researcher=None if dexter is None else DexterResearcher(dexter),
        )
