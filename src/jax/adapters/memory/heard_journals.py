"""How much of a broker's journal was heard, in memory."""

from jax.adapters.memory.session import Session
from jax.ports.heard_journals import HeardJournal


class MemoryHeardJournals:
    """Within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of(self, account: str) -> HeardJournal | None:
        return self._session.read().heard_journals.get(account)

    async def put(self, account: str, heard: HeardJournal) -> None:
        state = await self._session.write()
        if account not in state.epochs:
            raise self._session.conflict(f"there is no account {account}")
        state.heard_journals[account] = heard
