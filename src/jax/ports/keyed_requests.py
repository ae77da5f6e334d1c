"""Requests under keys of their callers, each with its answer."""

from typing import Protocol

from jax.domain.keyed_request import KeyedRequest


class KeyedRequests(Protocol):
    """Kept for good: nothing is changed or removed."""

    async def find(self, account: str, *, key: str) -> KeyedRequest | None:
        """The request that the key stands for in the account; None for a key that is new."""
        ...

    async def keep(self, request: KeyedRequest) -> None:
        """Stores it; Conflict when its key is taken, or its account or signal is not stored."""
        ...
