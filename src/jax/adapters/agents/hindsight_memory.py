"""The memory that is a Hindsight server (github.com/vectorize-io/hindsight), its HTTP API v1."""

from collections.abc import Sequence

from jax.adapters.agents import answers
from jax.adapters.agents.agent_line import AgentLine
from jax.domain.advice import MOST_MEMORIES, Memory, RecallQuery
from jax.ports.errors import Unavailable

_MOST_TOKENS = 2048


class HindsightMemory:
    """A bank of the tenant `default`; a memory's id is its document's, so that it is kept once."""

    name = "hindsight"

    def __init__(self, line: AgentLine, *, bank: str = "trade_decisions") -> None:
        self._line = line
        self._path = f"/v1/default/banks/{bank}"

    async def recall(self, query: RecallQuery) -> Sequence[Memory]:
        asked = {"query": f"{query.symbol} {query.words}".strip(), "max_tokens": _MOST_TOKENS}
        document = await self._line.ask(f"{self._path}/memories/recall", asked)
        found = answers.understood(self.name, lambda: answers.memories_of(document, besides=query.besides))
        return sorted(found, key=lambda memory: memory.symbol != query.symbol)[:MOST_MEMORIES]

    async def retain(self, memory: Memory) -> None:
        item = {"content": memory.text, "document_id": memory.memory_id, "context": "trade decision"}
        if memory.at is not None:
            item["timestamp"] = memory.at.isoformat()
        metadata = {} if memory.symbol is None else {"symbol": memory.symbol}
        document = await self._line.ask(f"{self._path}/memories", {"items": [item | {"metadata": metadata}]})
        if document.get("success") is not True:
            raise Unavailable(f"{self.name} does not say that it has kept {memory.memory_id}")

    async def reflect(self, question: str) -> str:
        document = await self._line.ask(f"{self._path}/reflect", {"query": question})
        return answers.understood(self.name, lambda: answers.reflection_of(document))
