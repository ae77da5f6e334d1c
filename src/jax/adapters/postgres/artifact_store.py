"""Artifacts in schema `gate`."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select

from jax.adapters.postgres.rows import values_of
from jax.adapters.postgres.schema import gate_tables as gate
from jax.adapters.postgres.session import Session
from jax.domain.artifact import LOADABLE_STATES, Approval, Artifact, ArtifactEvent, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.errors import IllegalTransition
from jax.ports.errors import NotFound

_NOWHERE = "NONE"  # where the first step comes from, in the table of steps
_READ_FROM_PAYLOAD = ("payload_sha256", "name", "version", "author")


class PostgresArtifactStore:
    """The keys of the tables refuse what the port forbids; this class says it in the port's words."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, artifact: Artifact, *, reason: str) -> None:
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
        await self._append(first)

    async def get(self, artifact_id: str) -> Artifact:
        found = await self._select(gate.artifact.c.artifact_id == artifact_id)
        if not found:
            raise NotFound(f"There is no artifact {artifact_id}.")
        return found[0]

    async def list(self, *, name: str | None = None) -> Sequence[Artifact]:
        return await self._select() if name is None else await self._select(gate.artifact.c.name == name)

    async def take_step(
        self, artifact: Artifact, to_state: ArtifactState, *, actor: str, reason: str, at: datetime
    ) -> Artifact:
        query = select(gate.artifact_state).where(gate.artifact_state.c.artifact_id == artifact.artifact_id)
        newest = (await self._session.execute(query)).one_or_none()
        if newest is None:
            raise NotFound(f"There is no artifact {artifact.artifact_id}.")
        if newest.state is not artifact.state:
            raise self._session.conflict(
                f"Artifact {artifact.artifact_id} is {newest.state} and no longer {artifact.state}: "
                "load it again."
            )
        try:
            step = ArtifactEvent(
                artifact_id=artifact.artifact_id,
                n=newest.n + 1,
                from_state=artifact.state,
                to_state=to_state,
                payload_sha256=artifact.payload_sha256,
                actor=actor,
                reason=reason,
                at=at,
            )
        except IllegalTransition as error:
            raise self._session.conflict(f"The {error}.") from error
        await self._append(step)
        return replace(artifact, state=to_state)

    async def add_approval(self, approval: Approval) -> None:
        query = select(gate.artifact.c.author).where(gate.artifact.c.artifact_id == approval.artifact_id)
        author = (await self._session.execute(query)).scalar_one_or_none()
        if author is None:
            raise NotFound(f"There is no artifact {approval.artifact_id}.")
        await self._session.execute(
            insert(gate.artifact_approval).values(author=author, **values_of(approval))
        )

    async def approvals(self, artifact_id: str) -> Sequence[Approval]:
        table = gate.artifact_approval
        query = (
            select(*(c for c in table.columns if c.name != "author"))
            .where(table.c.artifact_id == artifact_id)
            .order_by(table.c.approved_at, table.c.kind, table.c.approver.collate("C"))
        )
        return [Approval(**row._mapping) for row in await self._session.execute(query)]

    async def history(self, artifact_id: str) -> Sequence[ArtifactEvent]:
        table = gate.artifact_event
        query = (
            select(*(table.c[f.name] for f in fields(ArtifactEvent)))
            .where(table.c.artifact_id == artifact_id)
            .order_by(table.c.n)
        )
        return [_event(row) for row in await self._session.execute(query)]

    async def loadable(self) -> Sequence[Artifact]:
        return await self._select(gate.artifact_state.c.state.in_(LOADABLE_STATES))

    async def _append(self, event: ArtifactEvent) -> None:
        values = values_of(event) | {
            "from_state": _NOWHERE if event.from_state is None else event.from_state.value,
            "to_state": event.to_state.value,
        }
        await self._session.execute(insert(gate.artifact_event).values(**values))

    async def _select(self, *conditions: ColumnElement[bool]) -> Sequence[Artifact]:
        columns = [gate.artifact.c[f.name] for f in fields(Artifact) if f.name != "state"]
        query = (
            select(*columns, gate.artifact_state.c.state)
            .join(gate.artifact_state, gate.artifact.c.artifact_id == gate.artifact_state.c.artifact_id)
            .where(*conditions)
            .order_by(gate.artifact.c.created_at, gate.artifact.c.artifact_id.collate("C"))
        )
        return [Artifact(**row._mapping) for row in await self._session.execute(query)]


def _event(row: Row[Any]) -> ArtifactEvent:
    values = dict(row._mapping)
    came_from, led_to = values.pop("from_state"), values.pop("to_state")
    return ArtifactEvent(
        from_state=None if came_from == _NOWHERE else ArtifactState(came_from),
        to_state=ArtifactState(led_to),
        **values,
    )
