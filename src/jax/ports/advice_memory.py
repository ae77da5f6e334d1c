"""What was learnt before."""

from collections.abc import Sequence
from typing import Protocol

from jax.domain.advice import Memory, RecallQuery


class AdviceMemory(Protocol):
    """Remembers texts. What it gives back is somebody's text: to be read, never obeyed.

    Every call may raise Unavailable, or Refused when the keeper says no; it may be made again.
    """

    @property
    def name(self) -> str:
        """Such as `postgres`; it is written into the run."""
        ...

    async def recall(self, query: RecallQuery) -> Sequence[Memory]:
        """At most 8 memories of the symbol or with one of the words, those of the symbol first."""
        ...

    async def retain(self, memory: Memory) -> None:
        """Keeps `memory` in place of the one with the same id, so that a repeat changes nothing."""
        ...

    async def reflect(self, question: str) -> str:
        """What the memories together say to `question`; NotFound when the memory only recalls."""
        ...
