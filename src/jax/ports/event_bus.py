"""Hints that something has changed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class EventPublisher(Protocol):
    """Sends hints with the transaction: nobody hears of a change that was rolled back."""

    async def publish(self, topic: str, *, subject: str) -> None:
        """Tells subscribers of `topic` (a-z and _) about `subject` (at most 200 characters) at commit."""
        ...

    async def publish_all(self, topic: str, *, subjects: Sequence[str]) -> None:
        """As `publish`, one after the other."""
        ...


class EventBus(Protocol):
    """Hints are lost when a connection is: they say when to look, never what is there."""

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """The subjects published from now on; the iterator raises Unavailable when the connection is lost."""
        ...
