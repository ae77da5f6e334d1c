"""What may trade: snapshots, drafted for a person who releases and accepted from them."""

from dataclasses import dataclass

from jax.app.research.desk.parts import DeskParts
from jax.app.research.desk.stops import Stops
from jax.domain.gate_policy import parse_policy
from jax.domain.signed import SignatureRefused
from jax.domain.snapshot import Snapshot, check_in_force
from jax.modules.artifacts.release_artifact import ReleaseArtifact, Released, newest_snapshot
from jax.ports.errors import NotFound


@dataclass(frozen=True, slots=True)
class MarkedSnapshot:
    """A snapshot with the mark of its policy; `problem` says why it is not in force, None when it is."""

    snapshot: Snapshot
    policy: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class AcceptedSnapshot:
    """What is released now; `history_problem` says why earlier revocations are not in the record yet."""

    released: Released
    policy: str | None
    history_problem: str | None


class Releases:
    """Raises as ReleaseArtifact does."""

    def __init__(self, parts: DeskParts, stops: Stops) -> None:
        self._parts = parts
        self._stops = stops
        self._releasing = ReleaseArtifact(
            unit_of_work=parts.unit_of_work, clock=parts.clock, trust=parts.trust
        )

    async def draft(self, artifact_id: str, *, signer: str) -> MarkedSnapshot:
        """The next snapshot, with this artifact as its strategy's one: a release, or a rollback."""
        return await self._marked(await self._releasing.draft(artifact_id, signer=signer))

    async def draft_renewal(self, *, signer: str, without: str | None) -> MarkedSnapshot:
        """The next snapshot with the same hashes, but none for the strategy `without`."""
        return await self._marked(await self._releasing.draft_renewal(signer=signer, without=without))

    async def accept(self, envelope: bytes, *, reason: str) -> AcceptedSnapshot:
        """Stores it, takes the steps that it means, and tells the record of stops that it lacks."""
        released = await self._releasing.accept(envelope, reason=reason)
        problem = await self._stops.tell_history(actor=released.snapshot.signer)
        return AcceptedSnapshot(released, await self._parts.policy_mark_if_told(), problem)

    async def current(self) -> MarkedSnapshot:
        """The newest snapshot, verified; NotFound before the first."""
        async with self._parts.unit_of_work.begin() as transaction:
            snapshot = await newest_snapshot(transaction, self._parts.trust())
            if snapshot is None:
                raise NotFound("No snapshot has been released yet: draft one, and have it signed")
            policy = parse_policy(await transaction.releases.policy(snapshot.policy_sha256))
        try:
            check_in_force(snapshot, self._parts.clock.now())
        except SignatureRefused as error:
            return MarkedSnapshot(snapshot, policy.mark, str(error))
        return MarkedSnapshot(snapshot, policy.mark)

    async def _marked(self, snapshot: Snapshot) -> MarkedSnapshot:
        return MarkedSnapshot(snapshot, await self._parts.policy_mark())
