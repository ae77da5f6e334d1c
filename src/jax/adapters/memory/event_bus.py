"""Hints within the process."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.session import Session
from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.ports.errors import Unavailable

_TOPIC = re.compile(r"[a-z_]{1,50}")


class MemoryEventPublisher:
    """Publishes within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def publish(self, topic: str, *, subject: str) -> None:
        self._session.hint(_topic(topic), checks.text("subject", subject))

    async def publish_all(self, topic: str, *, subjects: Sequence[str]) -> None:
        for subject in subjects:
            await self.publish(topic, subject=subject)


class MemoryEventBus:
    """Subscriptions to what the transactions of a database publish."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[str]]:
        heard: asyncio.Queue[str | None] = asyncio.Queue()
        subscribers = self._database.subscribers.setdefault(_topic(topic), set())
        subscribers.add(heard)
        try:
            yield _subjects(heard)
        finally:
            subscribers.discard(heard)

    def lose_connections(self) -> None:
        """Ends every subscription the way a lost connection does, for whoever tests what follows."""
        for subscribers in self._database.subscribers.values():
            for heard in subscribers:
                heard.put_nowait(None)
            subscribers.clear()


async def _subjects(heard: asyncio.Queue[str | None]) -> AsyncIterator[str]:
    while (subject := await heard.get()) is not None:
        yield subject
    raise Unavailable("The subscription was lost: subscribe again, and look at what is stored.")


def _topic(topic: str) -> str:
    if _TOPIC.fullmatch(topic) is None:
        raise InvalidValue("topic", f"{topic!r} is not 1 to 50 characters of a-z and _")
    return topic
