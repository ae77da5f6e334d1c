"""Requests for advice and their runs."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from jax.domain.advice_request import AdviceRequest, SignalFacts
from jax.domain.advice_run import AdviceRun, AskedAdvice


class AdviceOutbox(Protocol):
    """Where a transaction that makes a signal leaves the request: both are stored, or neither."""

    async def add(self, request: AdviceRequest) -> bool:
        """Stores the request; False when its run_id or its signal has one already (the stored one stays)."""
        ...

    async def add_all(self, requests: Sequence[AdviceRequest]) -> int:
        """As `add`; how many were new."""
        ...


class TakenRequest(Protocol):
    """A request that nobody else can take."""

    @property
    def request(self) -> AdviceRequest: ...

    async def store(self, run: AdviceRun) -> None:
        """Stores the request's run, for good, and gives the request out of the hand.

        Conflict when it has one already, or is not the request's; Unavailable when the hold on the request
        was lost, and nothing is stored; OutcomeUnknown when the commit was not answered.
        """
        ...


class AdviceStore(Protocol):
    """Reads no table of the trader's but signals, and writes none of them."""

    async def ask(self, request: AdviceRequest) -> bool:
        """Stores the request in a transaction of its own; False as AdviceOutbox does."""
        ...

    def take(self) -> AbstractAsyncContextManager[TakenRequest | None]:
        """The oldest request without a run that nobody has taken; None when there is none.

        It stays taken until the block ends or its taker does, and then is as it was unless a run was stored.
        """
        ...

    async def get(self, run_id: str) -> AskedAdvice:
        """NotFound."""
        ...

    async def page(self, *, before: str | None = None, limit: int = 50) -> Sequence[AskedAdvice]:
        """At most `limit` (1 to 1000), newest first, then by id; those behind the one with the id `before`.

        NotFound when there is no such id.
        """
        ...

    async def signal(self, signal_id: str) -> SignalFacts:
        """The stored signal; NotFound."""
        ...
