"""Artifacts, and what is signed about them, in schema `gate`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, bindparam, func, insert, select

from jax.adapters.postgres.rows import values_of
from jax.adapters.postgres.schema import gate_tables as gate
from jax.adapters.postgres.schema import signed_tables as signed
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.approval import approval_of
from jax.domain.artifact import Artifact, ArtifactEvent, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import AuditEntry
from jax.domain.dsse import decode_envelope
from jax.domain.errors import IllegalTransition
from jax.domain.evidence import GOLDEN_PREDICATE, evidence_of, golden_result_of
from jax.domain.statement import parse_statement
from jax.ports.errors import NotFound

_NOWHERE = "NONE"  # where the first step comes from, in the table of steps
_FIELDS = ("artifact_id", "name", "version", "author", "payload", "payload_sha256", "created_at")
_READ_FROM_PAYLOAD = ("payload_sha256", "name", "version", "author")
_STEP = ("artifact_id", "n", "from_state", "to_state", "payload_sha256", "actor", "reason", "at")


_ARTIFACTS = select(*(gate.artifact.c[field] for field in _FIELDS), gate.artifact_state.c.state).join(
    gate.artifact_state, gate.artifact.c.artifact_id == gate.artifact_state.c.artifact_id
)
_BY_ID = Statement(_ARTIFACTS.where(gate.artifact.c.artifact_id == bindparam("with_id")))


class PostgresArtifactStore:
    """The keys and triggers of the tables refuse what the port forbids; the columns of what is signed are
    generated from its envelope.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, artifact: Artifact, *, entry: AuditEntry, reason: str) -> None:
        parse_payload(artifact.payload)
        if artifact.state is not ArtifactState.DRAFT:
            raise self._session.conflict(
                f"Artifact {artifact.artifact_id} is {artifact.state}: a new artifact is a DRAFT."
            )
        stored = await self._session.execute(
            insert(gate.artifact)
            .values(
                artifact_id=artifact.artifact_id, payload=artifact.payload, created_at=artifact.created_at
            )
            .returning(*(gate.artifact.c[field] for field in _READ_FROM_PAYLOAD))
        )
        for field, value in stored.one()._mapping.items():
            if getattr(artifact, field) != value:
                raise self._session.conflict(
                    f"Artifact {artifact.artifact_id} says {field} {getattr(artifact, field)}, "
                    f"its payload says {value}."
                )
        await self._append(artifact, 1, ArtifactState.DRAFT, entry=entry, reason=reason)

    async def get(self, artifact_id: str) -> Artifact:
        row = (await self._session.execute(_BY_ID, with_id=artifact_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no artifact {artifact_id}.")
        return Artifact(**row._mapping)

    async def by_sha256(self, payload_sha256: str) -> Artifact:
        found = await self._select(gate.artifact.c.payload_sha256 == payload_sha256)
        if not found:
            raise NotFound(f"There is no artifact with the hash {payload_sha256}.")
        return found[0]

    async def with_approvals(
        self, payload_sha256s: Collection[str]
    ) -> Mapping[str, tuple[Artifact, Sequence[bytes]]]:
        found = await self._select(gate.artifact.c.payload_sha256.in_(payload_sha256s))
        given: dict[str, list[bytes]] = {artifact.artifact_id: [] for artifact in found}
        approvals = _oldest_first(signed.approval, signed.approval.c.approval_sha256, given)
        for row in await self._session.execute(approvals):
            given[row.artifact_id].append(row.envelope)
        return {artifact.payload_sha256: (artifact, given[artifact.artifact_id]) for artifact in found}

    async def list(self, *, name: str | None = None) -> Sequence[Artifact]:
        return await self._select() if name is None else await self._select(gate.artifact.c.name == name)

    async def take_step(
        self, artifact: Artifact, to_state: ArtifactState, *, entry: AuditEntry, reason: str
    ) -> Artifact:
        query = select(gate.artifact_state).where(gate.artifact_state.c.artifact_id == artifact.artifact_id)
        newest = (await self._session.execute(query)).one_or_none()
        if newest is None:
            raise NotFound(f"There is no artifact {artifact.artifact_id}.")
        # A revocation counts before the history tells of it: the step that does tell follows the last one.
        if newest.recorded_state is not artifact.state:
            raise self._session.conflict(
                f"Artifact {artifact.artifact_id} is {newest.recorded_state} and no longer "
                f"{artifact.state}: load it again."
            )
        await self._append(artifact, newest.n + 1, to_state, entry=entry, reason=reason)
        return replace(artifact, state=to_state)

    async def history(self, artifact_id: str) -> Sequence[ArtifactEvent]:
        table = gate.artifact_event
        query = (
            select(*(table.c[field] for field in _STEP))
            .where(table.c.artifact_id == artifact_id)
            .order_by(table.c.n)
        )
        return [_event(row) for row in await self._session.execute(query)]

    async def add_evidence(self, artifact_id: str, envelope: bytes) -> None:
        statement = parse_statement(decode_envelope(envelope).payload)
        (golden_result_of if statement.predicate_type == GOLDEN_PREDICATE else evidence_of)(statement)
        await self._refuse_unknown(artifact_id)
        adding = insert(signed.evidence).values(artifact_id=artifact_id, envelope=envelope)
        await self._session.execute(adding)

    async def evidence(self, artifact_id: str) -> Sequence[bytes]:
        return await self._envelopes(signed.evidence, signed.evidence.c.evidence_sha256, artifact_id)

    async def add_approval(self, artifact: Artifact, envelope: bytes, *, solo: bool) -> None:
        approval = approval_of(parse_statement(decode_envelope(envelope).payload))
        await self._refuse_unknown(artifact.artifact_id)
        table = signed.approval
        newest = select(func.max(table.c.renewal)).where(
            table.c.artifact_id == artifact.artifact_id,
            table.c.policy_sha256 == approval.policy_sha256,
            table.c.approver == approval.approver,
        )
        adding = insert(table).values(
            artifact_id=artifact.artifact_id,
            author=artifact.author,
            solo=solo,
            renewal=func.coalesce(newest.scalar_subquery() + 1, 0),
            envelope=envelope,
        )
        await self._session.execute(adding)

    async def approvals(self, artifact_id: str) -> Sequence[bytes]:
        return await self._envelopes(signed.approval, signed.approval.c.approval_sha256, artifact_id)

    async def _append(
        self, artifact: Artifact, n: int, to_state: ArtifactState, *, entry: AuditEntry, reason: str
    ) -> None:
        try:
            step = ArtifactEvent(
                artifact_id=artifact.artifact_id,
                n=n,
                from_state=None if n == 1 else artifact.state,
                to_state=to_state,
                payload_sha256=artifact.payload_sha256,
                actor=entry.event.actor,
                reason=reason,
                at=entry.event.at,
            )
        except IllegalTransition as error:
            raise self._session.conflict(f"The {error}.") from error
        values = values_of(step) | {
            "from_state": _NOWHERE if step.from_state is None else step.from_state.value,
            "to_state": step.to_state.value,
            "entry_n": entry.n,
            "entry_sha256": entry.entry_sha256,
        }
        await self._session.execute(insert(gate.artifact_event).values(**values))

    async def _refuse_unknown(self, artifact_id: str) -> None:
        query = select(gate.artifact.c.artifact_id).where(gate.artifact.c.artifact_id == artifact_id)
        if (await self._session.execute(query)).one_or_none() is None:
            raise NotFound(f"There is no artifact {artifact_id}.")

    async def _envelopes(
        self, table: Table, own_hash: ColumnElement[str], artifact_id: str
    ) -> Sequence[bytes]:
        rows = await self._session.execute(_oldest_first(table, own_hash, [artifact_id]))
        return [row.envelope for row in rows]

    async def _select(self, *conditions: ColumnElement[bool]) -> Sequence[Artifact]:
        query = _ARTIFACTS.where(*conditions).order_by(
            gate.artifact.c.created_at, gate.artifact.c.artifact_id.collate("C")
        )
        return [Artifact(**row._mapping) for row in await self._session.execute(query)]


def _oldest_first(
    table: Table, own_hash: ColumnElement[str], artifact_ids: Collection[str]
) -> Select[tuple[str, bytes]]:
    """What is signed about each of these artifacts."""
    return (
        select(table.c.artifact_id, table.c.envelope)
        .where(table.c.artifact_id.in_(artifact_ids))
        .order_by(table.c.issued_at, own_hash.collate("C"))
    )


def _event(row: Row[Any]) -> ArtifactEvent:
    values = dict(row._mapping)
    came_from, led_to = values.pop("from_state"), values.pop("to_state")
    return ArtifactEvent(
        from_state=None if came_from == _NOWHERE else ArtifactState(came_from),
        to_state=ArtifactState(led_to),
        **values,
    )
