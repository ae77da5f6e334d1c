"""The emergency stop: first the stop, which waits for nobody, then the history, which may."""

import asyncio
from dataclasses import dataclass

from jax.app.research.desk.parts import DeskParts
from jax.domain.revocation import RecordedRevocation, Revocation
from jax.modules.artifacts.revoke_artifact import RevocationParts, RevokeArtifact
from jax.ports.errors import PortError
from jax.ports.unit_of_work import UnitOfWork

WITHIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class DraftedRevocation:
    """To be signed."""

    revocation: Revocation
    policy: str | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stop, which is in force whatever `history_problem` says of the history.

    `policy` is what was told last when the database did not tell in time.
    """

    revocation: RecordedRevocation
    policy: str | None
    history_problem: str | None


class Stops:
    """Raises as RevokeArtifact does."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._stopping = _revoking(parts, parts.stopping)
        self._telling = _revoking(parts, parts.unit_of_work)

    async def draft(self, artifact_id: str, *, revoker: str, reason: str) -> DraftedRevocation:
        """What is to be signed."""
        drafted = await self._stopping.draft(artifact_id, revoker=revoker, reason=reason)
        return DraftedRevocation(drafted, await self._mark())

    async def accept(self, envelope: bytes) -> Stopped:
        """Stops the artifact, on connections that nothing else uses."""
        recorded = await self._stopping.accept(envelope)
        problem = await self.tell_history(actor=recorded.revoker)
        return Stopped(recorded, await self._mark(), problem)

    async def tell_history(self, *, actor: str) -> str | None:
        """Writes the revocations that the history lacks; why that has to wait, None when it is done."""
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                await self._telling.tell_history(actor=actor)
        except TimeoutError:
            return f"another transaction holds the record, for more than {WITHIN_SECONDS:.0f} seconds"
        except PortError as error:
            return str(error)
        return None

    async def _mark(self) -> str | None:
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                return await self._parts.mark.now(self._parts.stopping)
        except (TimeoutError, PortError):
            return self._parts.mark.last


def _revoking(parts: DeskParts, unit_of_work: UnitOfWork) -> RevokeArtifact:
    return RevokeArtifact(RevocationParts(unit_of_work, parts.clock, parts.ids, parts.trust))
