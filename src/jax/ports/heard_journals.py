"""How much of a broker's journal an account's trader has heard."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HeardJournal:
    """Everything up to entry `seq` (0: nothing) of the journal that is called `journal`."""

    journal: str
    seq: int


class HeardJournals(Protocol):
    """Within a transaction; whoever writes has locked the account before."""

    async def of(self, account: str) -> HeardJournal | None:
        """What was put last; None when nothing was."""
        ...

    async def put(self, account: str, heard: HeardJournal) -> None:
        """Replaces it; Conflict when the account is not stored."""
        ...
