"""Memories within the process."""

import re
from collections.abc import Sequence

from jax.domain.advice import MOST_MEMORIES, Memory, RecallQuery
from jax.ports.errors import NotFound

_WORD = re.compile(r"\w+")


class MemoryAdviceMemory:
    """Compares words, and lists those of the symbol first."""

    name = "memory"

    def __init__(self) -> None:
        self._kept: dict[str, Memory] = {}

    async def recall(self, query: RecallQuery) -> Sequence[Memory]:
        wanted = _words(query.words)
        found = [
            memory
            for memory in self._kept.values()
            if memory.memory_id != query.besides
            and (memory.symbol == query.symbol or wanted & _words(memory.text))
        ]
        return sorted(found, key=lambda memory: memory.symbol != query.symbol)[:MOST_MEMORIES]

    async def retain(self, memory: Memory) -> None:
        self._kept[memory.memory_id] = memory

    async def reflect(self, question: str) -> str:
        raise NotFound(f"Words in memory do not reflect on {question!r}.")


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
