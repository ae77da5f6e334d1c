"""The emergency stop: one row, written at once; the history follows."""

from dataclasses import dataclass, replace

from jax.domain.approval_count import GateRefused, subject_name
from jax.domain.artifact import ArtifactState
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.revocation import RecordedRevocation, Revocation, revocation_of
from jax.domain.signed import SignatureRefused
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.record_step import Act, record_step
from jax.ports.clock import Clock
from jax.ports.errors import NotFound
from jax.ports.id_source import IdSource
from jax.ports.unit_of_work import Transaction, UnitOfWork

_KIND = "gate.revocation"


@dataclass(frozen=True, slots=True)
class RevocationParts:
    """What revoking needs of the world."""

    unit_of_work: UnitOfWork
    clock: Clock
    ids: IdSource
    trust: TrustSource


class RevokeArtifact:
    """Stopping and telling the history are two transactions: a stop waits for nobody."""

    def __init__(self, parts: RevocationParts) -> None:
        self._parts = parts

    async def draft(self, artifact_id: str, *, revoker: str, reason: str) -> Revocation:
        """What is to be signed; NotFound, and GateRefused for an artifact that is REVOKED already."""
        async with self._parts.unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
        if artifact.state is ArtifactState.REVOKED:
            raise GateRefused(f"{subject_name(artifact)} is REVOKED already")
        now = self._parts.clock.now().replace(microsecond=0)
        return Revocation(subject_name(artifact), artifact.payload_sha256, revoker, reason, now)

    async def accept(self, envelope: bytes) -> RecordedRevocation:
        """Stops the artifact from now on; any key of the root file that is in use may. GateRefused."""
        revocation = self._opened(envelope)
        recorded = RecordedRevocation(
            revocation_id=self._parts.ids.new_id(),
            payload_sha256=revocation.payload_sha256,
            revoker=revocation.revoker,
            reason=revocation.reason,
            revoked_at=self._parts.clock.now(),
            envelope=envelope,
        )
        async with self._parts.unit_of_work.begin() as transaction:
            await transaction.releases.add_revocation(recorded)
        return recorded

    async def tell_history(self, *, actor: str) -> int:
        """Puts every revocation that the chain lacks into it, and REVOKED into the artifact's history.

        Returns how many were added. It may wait for other transactions, which is why stopping does not. One
        that cannot be told (InvalidValue, raised at the end) keeps no other from being told.
        """
        async with self._parts.unit_of_work.begin() as transaction:
            untold = [
                revocation
                for revocation in await transaction.releases.revocations()
                if not await _is_told(transaction, revocation)
            ]
        added, problems = 0, []
        for revocation in untold:
            try:
                async with self._parts.unit_of_work.begin() as transaction:
                    await self._tell(transaction, revocation, actor)
                added += 1
            except InvalidValue as error:
                problems.append(error)
        if problems:
            raise problems[0]
        return added

    async def _tell(self, transaction: Transaction, revocation: RecordedRevocation, actor: str) -> None:
        now = self._parts.clock.now()
        data: Json = {
            "payload_sha256": revocation.payload_sha256,
            "revoker": revocation.revoker,
            "reason": revocation.reason,
            "revoked_at": revocation.revoked_at.isoformat(),
            "envelope_sha256": None if revocation.envelope is None else sha256_of(revocation.envelope),
        }
        await transaction.audit.append(AuditEvent(_KIND, revocation.revocation_id, actor, now, data))
        try:
            artifact = await transaction.artifacts.by_sha256(revocation.payload_sha256)
        except NotFound:
            return
        last = (await transaction.artifacts.history(artifact.artifact_id))[-1].to_state
        if last is not ArtifactState.REVOKED:
            before = replace(artifact, state=last)
            reason = _printable(f"revoked by {revocation.revoker}: {revocation.reason}")[:2000].rstrip()
            await record_step(transaction, before, ArtifactState.REVOKED, Act(actor, reason, now))

    def _opened(self, envelope: bytes) -> Revocation:
        try:
            signed = self._parts.trust().open(envelope)
            revocation = revocation_of(signed.statement)
        except (SignatureRefused, InvalidValue) as error:
            raise GateRefused(f"the revocation does not count: {error}") from error
        if signed.key.person != revocation.revoker or signed.key.ended is not None:
            raise GateRefused(
                f"the revocation does not count: the key is not one that {revocation.revoker} uses"
            )
        return revocation


async def _is_told(transaction: Transaction, revocation: RecordedRevocation) -> bool:
    return bool(await transaction.audit.entries(kind=_KIND, subject=revocation.revocation_id, limit=1))


def _printable(text: str) -> str:
    """On one line: who stops in a hurry, by SQL, may write anything."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
