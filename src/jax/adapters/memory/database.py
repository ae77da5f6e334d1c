"""What is committed, who may write next, and who listens."""

import asyncio
from typing import Any

from jax.adapters.memory.state import State
from jax.domain.revocation import RecordedRevocation


class MemoryDatabase:
    """Readers see what is committed; writers queue, one transaction after the other.

    Revocations lie beside the rest, since adding one takes no turn.
    """

    def __init__(self) -> None:
        self.committed = State()
        self.generation = 0
        self.revocations: tuple[RecordedRevocation, ...] = ()
        self.subscribers: dict[str, set[asyncio.Queue[str | None]]] = {}
        self._turn = asyncio.Lock()
        self._writer: asyncio.Task[Any] | None = None

    async def take_turn(self) -> None:
        """Waits until no other transaction writes.

        RuntimeError when the task itself holds the turn in another transaction: it would wait for ever.
        """
        task = asyncio.current_task()
        if self._turn.locked() and self._writer is task:
            raise RuntimeError("this task writes in another transaction already: end that one first")
        await self._turn.acquire()
        self._writer = task

    def give_turn(self) -> None:
        """Lets the next transaction write."""
        self._writer = None
        self._turn.release()
