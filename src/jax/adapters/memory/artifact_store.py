"""Artifacts, in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from jax.adapters.memory.session import Session
from jax.adapters.memory.state import State
from jax.domain.artifact import LOADABLE_STATES, Approval, Artifact, ArtifactEvent, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import IllegalTransition
from jax.ports.errors import NotFound


class MemoryArtifactStore:
    """Artifacts within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, artifact: Artifact, *, reason: str) -> None:
        payload = parse_payload(artifact.payload)
        first = ArtifactEvent(
            artifact_id=artifact.artifact_id,
            n=1,
            from_state=None,
            to_state=ArtifactState.DRAFT,
            payload_sha256=artifact.payload_sha256,
            actor=artifact.author,
            reason=reason,
            at=artifact.created_at,
        )
        state = await self._session.write()
        said = {"name": payload.name, "version": payload.version, "author": payload.author}
        for field, value in (said | {"payload_sha256": sha256_of(artifact.payload)}).items():
            if getattr(artifact, field) != value:
                raise self._session.conflict(
                    f"Artifact {artifact.artifact_id} says {field} {getattr(artifact, field)}, "
                    f"its payload says {value}."
                )
        self._refuse_known(state, artifact)
        state.artifacts[artifact.artifact_id] = artifact
        state.artifact_events[artifact.artifact_id] = (first,)

    async def get(self, artifact_id: str) -> Artifact:
        return self._found(self._session.read(), artifact_id)

    async def list(self, *, name: str | None = None) -> Sequence[Artifact]:
        stored = self._session.read().artifacts.values()
        return _oldest_first(artifact for artifact in stored if name in {None, artifact.name})

    async def take_step(
        self, artifact: Artifact, to_state: ArtifactState, *, actor: str, reason: str, at: datetime
    ) -> Artifact:
        state = await self._session.write()
        stored = self._found(state, artifact.artifact_id)
        if stored.state is not artifact.state:
            raise self._session.conflict(
                f"Artifact {artifact.artifact_id} is {stored.state} and no longer {artifact.state}: "
                "load it again."
            )
        before = state.artifact_events[artifact.artifact_id]
        try:
            step = ArtifactEvent(
                artifact_id=artifact.artifact_id,
                n=len(before) + 1,
                from_state=artifact.state,
                to_state=to_state,
                payload_sha256=artifact.payload_sha256,
                actor=actor,
                reason=reason,
                at=at,
            )
        except IllegalTransition as error:
            raise self._session.conflict(f"The {error}.") from error
        self._refuse_step(state, stored, step)
        moved = replace(stored, state=to_state)
        state.artifacts[artifact.artifact_id] = moved
        state.artifact_events[artifact.artifact_id] = (*before, step)
        return moved

    async def add_approval(self, approval: Approval) -> None:
        state = await self._session.write()
        artifact = self._found(state, approval.artifact_id)
        key = (approval.artifact_id, approval.kind, approval.approver)
        if key in {(given.artifact_id, given.kind, given.approver) for given in state.approvals}:
            raise self._session.conflict(f"{approval.approver} gave the {approval.kind} approval already.")
        if approval.payload_sha256 != artifact.payload_sha256:
            raise self._session.conflict("The approval is of other bytes than the artifact's.")
        if approval.approver == artifact.author:
            raise self._session.conflict(f"{approval.approver} wrote the artifact and cannot approve it.")
        state.approvals = (*state.approvals, approval)

    async def approvals(self, artifact_id: str) -> Sequence[Approval]:
        given = [a for a in self._session.read().approvals if a.artifact_id == artifact_id]
        return sorted(given, key=lambda a: (a.approved_at, a.kind, a.approver))

    async def history(self, artifact_id: str) -> Sequence[ArtifactEvent]:
        return self._session.read().artifact_events.get(artifact_id, ())

    async def loadable(self) -> Sequence[Artifact]:
        stored = self._session.read().artifacts.values()
        return _oldest_first(artifact for artifact in stored if artifact.state in LOADABLE_STATES)

    def _found(self, state: State, artifact_id: str) -> Artifact:
        artifact = state.artifacts.get(artifact_id)
        if artifact is None:
            raise NotFound(f"There is no artifact {artifact_id}.")
        return artifact

    def _refuse_known(self, state: State, artifact: Artifact) -> None:
        if artifact.state is not ArtifactState.DRAFT:
            raise self._session.conflict(
                f"Artifact {artifact.artifact_id} is {artifact.state}: a new artifact is a DRAFT."
            )
        for stored in state.artifacts.values():
            same_version = (stored.name, stored.version) == (artifact.name, artifact.version)
            if (
                same_version
                or stored.artifact_id == artifact.artifact_id
                or stored.payload_sha256 == artifact.payload_sha256
            ):
                raise self._session.conflict(
                    f"Artifact {stored.artifact_id} ({stored.name} {stored.version}) is stored already."
                )

    def _refuse_step(self, state: State, artifact: Artifact, step: ArtifactEvent) -> None:
        if step.payload_sha256 != artifact.payload_sha256:
            raise self._session.conflict("The step is of other bytes than the artifact's.")
        if step.to_state is not ArtifactState.ACTIVE:
            return
        for other in state.artifacts.values():
            if other.name == artifact.name and other.state is ArtifactState.ACTIVE:
                raise self._session.conflict(
                    f"Version {other.version} of {other.name} is ACTIVE: deprecate it before another "
                    "version is activated."
                )


def _oldest_first(artifacts: Iterable[Artifact]) -> Sequence[Artifact]:
    return sorted(artifacts, key=lambda artifact: (artifact.created_at, artifact.artifact_id))
