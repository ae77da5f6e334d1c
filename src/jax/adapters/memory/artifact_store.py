"""Artifacts and what is signed about them, in memory."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jax.adapters.memory.session import Session
from jax.adapters.memory.signed_row import SignedRow, signed_row
from jax.adapters.memory.signing_rules import (
    refusals_of_life,
    refusals_of_signer,
    refusals_of_subject,
    refusals_of_time,
)
from jax.adapters.memory.state import State
from jax.adapters.memory.step_rules import (
    is_standing,
    refusal_of_orders,
    refusals_of_entry,
    refusals_of_step,
)
from jax.domain.approval import Approval, approval_of
from jax.domain.artifact import Artifact, ArtifactEvent, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import AuditEntry
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import IllegalTransition
from jax.domain.evidence import GOLDEN_PREDICATE, Evidence, GoldenResult, evidence_of, golden_result_of
from jax.domain.gate_key import GateRole
from jax.domain.statement import Statement
from jax.ports.errors import NotFound


class MemoryArtifactStore:
    """Artifacts within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, artifact: Artifact, *, entry: AuditEntry, reason: str) -> None:
        payload = parse_payload(artifact.payload)
        state = await self._session.write()
        said = {"name": payload.name, "version": payload.version, "author": payload.author}
        for field, value in (said | {"payload_sha256": sha256_of(artifact.payload)}).items():
            if getattr(artifact, field) != value:
                raise self._session.conflict(
                    f"Artifact {artifact.artifact_id} says {field} {getattr(artifact, field)}, "
                    f"its payload says {value}."
                )
        self._refuse(_refusals_of_new(state, artifact))
        first = _step(artifact, 1, ArtifactState.DRAFT, entry=entry, reason=reason)
        self._append(state, artifact, first, entry)

    async def get(self, artifact_id: str) -> Artifact:
        return self._seen(self._found(self._session.read(), artifact_id))

    async def by_sha256(self, payload_sha256: str) -> Artifact:
        for artifact in self._session.read().artifacts.values():
            if artifact.payload_sha256 == payload_sha256:
                return self._seen(artifact)
        raise NotFound(f"There is no artifact with the hash {payload_sha256}.")

    async def with_approvals(
        self, payload_sha256s: Collection[str]
    ) -> Mapping[str, tuple[Artifact, Sequence[bytes]]]:
        state = self._session.read()
        return {
            artifact.payload_sha256: (
                self._seen(artifact),
                _envelopes(state, artifact.artifact_id, state.approvals),
            )
            for artifact in state.artifacts.values()
            if artifact.payload_sha256 in payload_sha256s
        }

    async def is_loadable(self, artifact_id: str) -> bool:
        state = self._session.read()
        artifact = state.artifacts.get(artifact_id)
        return artifact is not None and refusal_of_orders(self._session, artifact, state.now) is None

    async def list(self, *, name: str | None = None) -> Sequence[Artifact]:
        stored = self._session.read().artifacts.values()
        chosen = [self._seen(artifact) for artifact in stored if name in {None, artifact.name}]
        return sorted(chosen, key=lambda artifact: (artifact.created_at, artifact.artifact_id))

    async def take_step(
        self, artifact: Artifact, to_state: ArtifactState, *, entry: AuditEntry, reason: str
    ) -> Artifact:
        state = await self._session.write()
        stored = self._found(state, artifact.artifact_id)
        if stored.state is not artifact.state:
            raise self._session.conflict(
                f"Artifact {artifact.artifact_id} is {stored.state} and no longer {artifact.state}: "
                "load it again."
            )
        n = len(state.artifact_events[artifact.artifact_id]) + 1
        try:
            step = _step(artifact, n, to_state, entry=entry, reason=reason)
        except IllegalTransition as error:
            raise self._session.conflict(f"The {error}.") from error
        self._append(state, stored, step, entry)
        return replace(stored, state=to_state)

    async def history(self, artifact_id: str) -> Sequence[ArtifactEvent]:
        return self._session.read().artifact_events.get(artifact_id, ())

    async def add_evidence(self, artifact_id: str, envelope: bytes) -> None:
        row = signed_row(envelope, _evidence_of)
        state = await self._session.write()
        artifact = self._found(state, artifact_id)
        self._refuse(_refusals_of_evidence(state, artifact, row))
        state.evidence = (*state.evidence, row)

    async def evidence(self, artifact_id: str) -> Sequence[bytes]:
        state = self._session.read()
        return _envelopes(state, artifact_id, state.evidence)

    async def add_approval(self, artifact: Artifact, envelope: bytes, *, solo: bool) -> None:
        row = signed_row(envelope, approval_of)
        state = await self._session.write()
        stored = self._found(state, artifact.artifact_id)
        if (artifact.author, artifact.payload_sha256) != (stored.author, stored.payload_sha256):
            raise self._session.conflict(
                f"Artifact {artifact.artifact_id} is stored with another author or hash."
            )
        self._refuse(_refusals_of_approval(state, stored, row, solo=solo))
        state.approvals = (*state.approvals, row)

    async def approvals(self, artifact_id: str) -> Sequence[bytes]:
        state = self._session.read()
        return _envelopes(state, artifact_id, state.approvals)

    def _append(self, state: State, artifact: Artifact, step: ArtifactEvent, entry: AuditEntry) -> None:
        self._refuse(refusals_of_entry(state, step, entry))
        self._refuse(refusals_of_step(self._session, artifact, step))
        state.artifacts[artifact.artifact_id] = replace(artifact, state=step.to_state)
        before = state.artifact_events.get(artifact.artifact_id, ())
        state.artifact_events[artifact.artifact_id] = (*before, step)
        state.entries_of_steps |= {entry.n}

    def _refuse(self, refusals: Iterable[str]) -> None:
        for refusal in refusals:
            raise self._session.conflict(refusal)

    def _found(self, state: State, artifact_id: str) -> Artifact:
        artifact = state.artifacts.get(artifact_id)
        if artifact is None:
            raise NotFound(f"There is no artifact {artifact_id}.")
        return artifact

    def _seen(self, artifact: Artifact) -> Artifact:
        """The artifact in its current state: a revocation counts before the history tells of it."""
        is_revoked = self._session.is_revoked(artifact.payload_sha256)
        return replace(artifact, state=ArtifactState.REVOKED) if is_revoked else artifact


def _step(
    artifact: Artifact, n: int, to_state: ArtifactState, *, entry: AuditEntry, reason: str
) -> ArtifactEvent:
    return ArtifactEvent(
        artifact_id=artifact.artifact_id,
        n=n,
        from_state=None if n == 1 else artifact.state,
        to_state=to_state,
        payload_sha256=artifact.payload_sha256,
        actor=entry.event.actor,
        reason=reason,
        at=entry.event.at,
    )


def _evidence_of(statement: Statement) -> Evidence | GoldenResult:
    is_golden = statement.predicate_type == GOLDEN_PREDICATE
    return golden_result_of(statement) if is_golden else evidence_of(statement)


def _envelopes(state: State, artifact_id: str, rows: Iterable[SignedRow[Any]]) -> Sequence[bytes]:
    """Those about the artifact, oldest first."""
    artifact = state.artifacts.get(artifact_id)
    if artifact is None:
        return []
    about = [row for row in rows if row.statement.subject_sha256 == artifact.payload_sha256]
    return [
        row.envelope for row in sorted(about, key=lambda row: (row.said.issued_at, sha256_of(row.envelope)))
    ]


def _refusals_of_new(state: State, artifact: Artifact) -> Iterator[str]:
    if artifact.state is not ArtifactState.DRAFT:
        yield f"Artifact {artifact.artifact_id} is {artifact.state}: a new artifact is a DRAFT."
    for stored in state.artifacts.values():
        same_version = (stored.name, stored.version) == (artifact.name, artifact.version)
        if (
            same_version
            or stored.artifact_id == artifact.artifact_id
            or stored.payload_sha256 == artifact.payload_sha256
        ):
            yield f"Artifact {stored.artifact_id} ({stored.name} {stored.version}) is stored already."


def _refusals_of_evidence(
    state: State, artifact: Artifact, row: SignedRow[Evidence | GoldenResult]
) -> Iterator[str]:
    if row.envelope in {stored.envelope for stored in state.evidence}:
        yield "This evidence is stored already."
    yield from refusals_of_subject(row, artifact)
    yield from refusals_of_signer(state, row, row.said.validator, GateRole.VALIDATOR)
    yield from refusals_of_time(state, row.said.issued_at)


def _refusals_of_approval(
    state: State, artifact: Artifact, row: SignedRow[Approval], *, solo: bool
) -> Iterator[str]:
    approval = row.said
    yield from refusals_of_subject(row, artifact)
    yield from refusals_of_signer(state, row, approval.approver, GateRole(approval.kind))
    yield from refusals_of_time(state, approval.issued_at)
    policies = [policy for policy in state.policies if policy.sha256 == approval.policy_sha256]
    if [policy.solo for policy in policies] != [solo]:
        yield f"No stored policy {approval.policy_sha256} is {'' if solo else 'not '}a solo policy."
    for policy in policies:
        days = policy.approval_days
        yield from refusals_of_life(approval.issued_at, approval.expires_at, longest_days=days)
    if approval.approver == artifact.author and not solo:
        yield f"{approval.approver} wrote artifact {artifact.artifact_id} and cannot approve it."
    for earlier in state.approvals:
        if _is_same_decision(earlier.said, approval) and is_standing(state, earlier):
            yield (
                f"{approval.approver} has decided on artifact {artifact.artifact_id} already, until "
                f"{earlier.said.expires_at}: one person counts once."
            )
        if earlier.envelope == row.envelope:
            yield "This approval is stored already."


def _is_same_decision(earlier: Approval, later: Approval) -> bool:
    """Of one person about the same bytes under the same policy."""
    return (earlier.approver, earlier.payload_sha256, earlier.policy_sha256) == (
        later.approver,
        later.payload_sha256,
        later.policy_sha256,
    )
