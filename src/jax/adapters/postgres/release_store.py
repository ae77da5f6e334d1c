"""Policies, people's keys, snapshots and revocations in schema `gate`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from jax.adapters.postgres.rows import values_of
from jax.adapters.postgres.schema import signed_tables as signed
from jax.adapters.postgres.session import Session
from jax.domain.dsse import decode_envelope
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_policy import parse_policy
from jax.domain.gate_root import GateRoot, parse_root
from jax.domain.revocation import RecordedRevocation
from jax.domain.snapshot import snapshot_of
from jax.domain.statement import parse_statement
from jax.ports.errors import NotFound


class PostgresReleaseStore:
    """The columns of what is signed are generated from its envelope; the tables refuse what does not fit."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_policy(self, document: bytes) -> None:
        parse_policy(document)
        await self._session.execute(insert(signed.policy).values(document=document))

    async def policy(self, policy_sha256: str) -> bytes:
        query = select(signed.policy.c.document).where(signed.policy.c.sha256 == policy_sha256)
        document: bytes | None = (await self._session.execute(query)).scalar_one_or_none()
        if document is None:
            raise NotFound(f"There is no policy {policy_sha256}.")
        return document

    async def policy_in_force(self) -> bytes:
        query = select(signed.policy.c.document).order_by(signed.policy.c.version.desc()).limit(1)
        document: bytes | None = (await self._session.execute(query)).scalar_one_or_none()
        if document is None:
            raise NotFound("There is no policy yet.")
        return document

    async def publish_keys(self, root: GateRoot) -> None:
        keys = parse_root(root.encoded()).keys
        await self._add_new(signed.member_key, [_member(key) for key in keys])
        await self._add_new(signed.key_role, [_role(key, role) for key in keys for role in key.roles])
        await self._add_new(signed.key_end, [_end(key) for key in keys if key.ended is not None])
        stored = {key.key_id: key for key in await self._stored(keys)}
        for key in keys:
            for refusal in _refusals_of_change(stored[key.key_id], key):
                raise self._session.conflict(refusal)

    async def add_snapshot(self, envelope: bytes) -> None:
        snapshot_of(parse_statement(decode_envelope(envelope).payload))
        await self._session.execute(insert(signed.snapshot).values(envelope=envelope))

    async def newest_snapshot(self) -> bytes | None:
        query = select(signed.snapshot.c.envelope).order_by(signed.snapshot.c.seq.desc()).limit(1)
        envelope: bytes | None = (await self._session.execute(query)).scalar_one_or_none()
        return envelope

    async def add_revocation(self, revocation: RecordedRevocation) -> None:
        # One statement, whose triggers read no table and tell the subscribers: nothing can make it wait.
        await self._session.execute(insert(signed.revocation).values(**values_of(revocation)))

    async def revocations(self) -> Sequence[RecordedRevocation]:
        table = signed.revocation
        query = select(table).order_by(table.c.revoked_at, table.c.revocation_id.collate("C"))
        return [RecordedRevocation(**row._mapping) for row in await self._session.execute(query)]

    async def _add_new(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            await self._session.execute(insert_or(table).values(rows).on_conflict_do_nothing())

    async def _stored(self, keys: Sequence[GateKey]) -> Sequence[Row[Any]]:
        """Person, roles and end of these keys, as they are stored."""
        member, role, end = signed.member_key.c, signed.key_role.c, signed.key_end.c
        query = (
            select(member.key_id, member.person, func.array_agg(role.role).label("roles"), end.ended_at)
            .join(signed.key_role, role.key_id == member.key_id)
            .outerjoin(signed.key_end, end.key_id == member.key_id)
            .where(member.key_id.in_([key.key_id for key in keys]))
            .group_by(member.key_id, end.ended_at)
        )
        return (await self._session.execute(query)).all()


def _member(key: GateKey) -> Mapping[str, Any]:
    return {"public_key": key.public_key, "person": key.person}


def _role(key: GateKey, role: GateRole) -> Mapping[str, Any]:
    return {"key_id": key.key_id, "role": role.value}


def _end(key: GateKey) -> Mapping[str, Any]:
    return {"key_id": key.key_id, "ended_at": key.ended}


def _refusals_of_change(stored: Row[Any], key: GateKey) -> Iterator[str]:
    if stored.person != key.person:
        yield f"The key {key.key_id} is {stored.person}'s, and the root file gives it to {key.person}."
    if lost := sorted(set(stored.roles) - key.roles):
        yield (
            f"The key {key.key_id} of {key.person} cannot lose the role {', '.join(lost)}: "
            "end it, and add another."
        )
    if stored.ended_at != key.ended:
        yield f"The key {key.key_id} of {key.person} was ended {stored.ended_at}, for good."
