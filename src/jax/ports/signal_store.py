"""Signals, stored."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Protocol

from jax.domain.signal import Signal, SignalStatus
from jax.domain.signal_filter import SignalFilter, SignalPage, SignalPlace


class SignalStore(Protocol):
    """Signals by id; the id follows from what caused them, so a repeat adds nothing."""

    async def add(self, signal: Signal) -> bool:
        """Stores a new signal; False when its id is there already (the stored one stays)."""
        ...

    async def add_all(self, signals: Sequence[Signal]) -> Set[str]:
        """As `add`, all or none, with the ids of those that are new; of two with one id the first counts."""
        ...

    async def get(self, signal_id: str) -> Signal:
        """The signal, locked against other writers until the transaction ends; NotFound."""
        ...

    async def save(self, signal: Signal) -> None:
        """Writes status, decided_by and decided_at of a signal got in this transaction.

        Conflict when the step from the stored status is not in SIGNAL_TRANSITIONS; NotFound.
        """
        ...

    async def close(self, signal_id: str, status: SignalStatus, *, by: str, at: datetime) -> None:
        """Moves an APPROVED signal on; one that is not APPROVED stays as it is.

        Conflict when the step is not in SIGNAL_TRANSITIONS.
        """
        ...

    async def list(self, *, status: SignalStatus | None = None, limit: int = 100) -> Sequence[Signal]:
        """At most `limit` (1 to 1000) signals, newest `ts_event` first, then by id."""
        ...

    async def page(
        self, wanted: SignalFilter, *, behind: SignalPlace | None = None, limit: int = 100
    ) -> SignalPage:
        """In the order of `list`, however many there are, what `wanted` takes of the signals behind `behind`.

        At most `limit` (1 to 1000); `behind` need not be a signal's place any more.
        """
        ...
