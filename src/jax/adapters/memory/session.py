"""One open transaction, as the stores use it."""

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.state import State
from jax.domain.revocation import RecordedRevocation
from jax.ports.errors import Conflict


class Session:
    """Reads what is committed until it writes; from then on a copy of its own, alone.

    After a Conflict nothing of the transaction can be kept: every later call and the commit raise a
    Conflict too, so that a caller who catches the first one cannot take the block's end for success.
    """

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._written: State | None = None
        self._refusal: Conflict | None = None
        self._ended = False
        self._revocations: tuple[RecordedRevocation, ...] = ()
        self._hints: dict[tuple[str, str], None] = {}

    @property
    def server(self) -> int:
        """Which of the servers this is that have held the state one after the other."""
        return self._database.generation

    def read(self) -> State:
        """What this transaction sees; not to be changed."""
        self._refuse_after_refusal()
        return self._database.committed if self._written is None else self._written

    async def write(self) -> State:
        """What this transaction changes; other writers wait for its end."""
        self._refuse_after_refusal()
        if self._written is None:
            await self._database.take_turn()
            self._written = self._database.committed.copy()
        return self._written

    def revoke(self, revocation: RecordedRevocation) -> None:
        """Remembers a revocation for the commit; it waits for no other transaction."""
        self._refuse_after_refusal()
        self._revocations = (*self._revocations, revocation)

    def revocations(self) -> tuple[RecordedRevocation, ...]:
        """What is revoked at this moment, by this transaction or by one that has committed."""
        self._refuse_after_refusal()
        return (*self._database.revocations, *self._revocations)

    def is_revoked(self, payload_sha256: str) -> bool:
        """Whether a revocation names these bytes."""
        return any(revocation.payload_sha256 == payload_sha256 for revocation in self.revocations())

    def conflict(self, message: str) -> Conflict:
        """The error to raise when what a store is asked for cannot be."""
        self._refusal = Conflict(message)
        return self._refusal

    def hint(self, topic: str, subject: str) -> None:
        """Remembers a hint for the commit; the same hint is given once."""
        self._refuse_after_refusal()
        self._hints[topic, subject] = None

    def commit(self) -> None:
        """Makes what was written visible, and gives the hints."""
        self._refuse_after_refusal()
        if self._written is not None:
            self._database.committed = self._written
        self._database.revocations = (*self._database.revocations, *self._revocations)
        for topic, subject in self._hints:
            for heard in self._database.subscribers.get(topic, ()):
                heard.put_nowait(subject)

    def close(self) -> None:
        """Lets the next writer go; what was not committed is gone."""
        self._ended = True
        if self._written is not None:
            self._written = None
            self._database.give_turn()

    def _refuse_after_refusal(self) -> None:
        if self._ended:
            raise RuntimeError("this transaction has ended: begin another one")
        if self._refusal is not None:
            raise Conflict(f"This transaction has failed already and stores nothing: {self._refusal}")
