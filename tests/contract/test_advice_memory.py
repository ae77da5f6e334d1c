"""What every AdviceMemory does: in memory, in Postgres, and a Hindsight server behind real HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from jax.adapters.agents.agent_line import AgentAddress, open_agent_line
from jax.adapters.agents.hindsight_memory import HindsightMemory
from jax.adapters.memory.advice_memory import MemoryAdviceMemory
from jax.adapters.memory.clock import SettableClock
from jax.adapters.postgres.advice_memory import PostgresAdviceMemory
from jax.adapters.postgres.database import PostgresDatabase
from jax.domain.advice import MOST_MEMORIES, Memory, RecallQuery
from jax.ports.advice_memory import AdviceMemory
from jax.ports.errors import NotFound
from tests.advice import NOW
from tests.agent_servers import HindsightShape, agent_server

_BESIDES = "ad-none"


@pytest.fixture(params=["memory", "postgres", "hindsight"])
def kept_in(request: pytest.FixtureRequest) -> str:
    """Where memories are: an empty database, or the name of what needs none."""
    if request.param != "postgres":
        return str(request.param)
    url: str = request.getfixturevalue("emptied_database_url")
    return url


@pytest.fixture
async def memory(kept_in: str) -> AsyncIterator[AdviceMemory]:
    async with AsyncExitStack() as stack:
        if kept_in == "memory":
            yield MemoryAdviceMemory()
        elif kept_in == "hindsight":
            agent = await stack.enter_async_context(agent_server(HindsightShape()))
            line = open_agent_line(AgentAddress("hindsight", agent.url), SettableClock(NOW))
            yield HindsightMemory(await stack.enter_async_context(line))
        else:
            # What research may do is enough.
            database = PostgresDatabase(kept_in, role="jax_research")
            stack.push_async_callback(database.close)
            yield PostgresAdviceMemory(database)


async def _keep(memory: AdviceMemory, *kept: Memory) -> None:
    for one in kept:
        await memory.retain(one)


async def _ids(memory: AdviceMemory, symbol: str, words: str = "", besides: str = _BESIDES) -> Sequence[str]:
    found = await memory.recall(RecallQuery(symbol, words, besides))
    return [one.memory_id for one in found]


async def test_gives_back_what_it_keeps(memory: AdviceMemory) -> None:
    kept = Memory("m1", "AAPL: BUY advised. Ünïcode “quotes” & <tags> | 'apostrophes'", "AAPL", NOW)
    await _keep(memory, kept)
    assert list(await memory.recall(RecallQuery("AAPL", "", _BESIDES))) == [kept]


async def test_recalls_by_symbol_and_by_any_word_and_nothing_else(memory: AdviceMemory) -> None:
    await _keep(
        memory,
        Memory("m1", "crossover failed in spring", "MSFT", NOW),
        Memory("m2", "nothing to say", "AAPL", NOW),
        Memory("m3", "earnings missed", "GOOG", NOW),
    )
    assert await _ids(memory, "AAPL", "crossover dividend") == ["m2", "m1"]
    assert await _ids(memory, "TSLA", "dividend") == []
    assert await _ids(memory, "TSLA") == []


async def test_those_of_the_symbol_come_first(memory: AdviceMemory) -> None:
    await _keep(
        memory,
        Memory("m1", "crossover crossover crossover", "MSFT", NOW + timedelta(days=1)),
        Memory("m2", "it fell", "AAPL", NOW),
    )
    assert await _ids(memory, "AAPL", "crossover") == ["m2", "m1"]


async def test_leaves_out_the_memory_that_is_besides_the_point(memory: AdviceMemory) -> None:
    await _keep(memory, Memory("m1", "it rose", "AAPL", NOW), Memory("m2", "it fell", "AAPL", NOW))
    assert await _ids(memory, "AAPL", besides="m1") == ["m2"]


async def test_a_memory_with_the_same_id_replaces_the_first(memory: AdviceMemory) -> None:
    await _keep(memory, Memory("m1", "it rose", "AAPL", NOW), Memory("m1", "it fell", "AAPL", NOW))
    (found,) = await memory.recall(RecallQuery("AAPL", "", _BESIDES))
    assert found.text == "it fell"


async def test_gives_back_no_more_than_fit(memory: AdviceMemory) -> None:
    await _keep(
        memory, *(Memory(f"m{number}", "it rose", "AAPL", NOW) for number in range(MOST_MEMORIES + 1))
    )
    assert len(await _ids(memory, "AAPL")) == MOST_MEMORIES


async def test_a_memory_may_lack_symbol_and_time(memory: AdviceMemory) -> None:
    await _keep(memory, Memory("m1", "markets close early on thanksgiving"))
    assert await _ids(memory, "AAPL", "thanksgiving") == ["m1"]


@pytest.mark.parametrize(
    "words",
    ["'); DROP TABLE advice.memory; --", "a & b | !c <-> d:*", "%s {} \\", "' OR 1=1", '"quoted" words'],
)
async def test_words_are_words_whatever_they_look_like(memory: AdviceMemory, words: str) -> None:
    await _keep(memory, Memory("m1", "it rose", "AAPL", NOW))
    assert await _ids(memory, "AAPL", words) == ["m1"]


async def test_reflects_in_words_or_says_that_it_does_not(memory: AdviceMemory) -> None:
    try:
        said = await memory.reflect("what is there to learn?")
    except NotFound as error:
        assert "reflect" in str(error)  # noqa: PT017  (the contract leaves the choice)
    else:
        assert said
