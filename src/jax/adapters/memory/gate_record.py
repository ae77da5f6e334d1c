"""The gate's record out of the state, as of one moment."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from jax.adapters.memory.session import Session
from jax.adapters.memory.signed_row import SignedRow
from jax.adapters.memory.state import State
from jax.domain.audit import AuditEntry
from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.domain.record_row import COLUMNS, RecordRow, plain
from jax.domain.revocation import RecordedRevocation

_Values = Mapping[str, object]


class MemoryGateRecord:
    """Reads the state and the revocations that the transaction sees when it is first asked for a row."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def rows(self) -> AsyncIterator[RecordRow]:
        state, revocations = self._session.read(), self._session.revocations()
        for table, columns in COLUMNS.items():
            stored = _stored_revocations(revocations) if table == "gate.revocation" else _TABLES[table](state)
            for values in stored:
                yield RecordRow(table, {column: plain(values[column]) for column in columns})


def _entries(state: State) -> Iterator[_Values]:
    for entry in state.audit:
        event = entry.event
        yield {
            "n": entry.n,
            "kind": event.kind,
            "subject": event.subject,
            "actor": event.actor,
            "at": event.at,
            "data": canonical_bytes(event.data).decode(),
            "previous_sha256": entry.previous_sha256,
            "entry_sha256": entry.entry_sha256,
        }


def _policies(state: State) -> Iterator[_Values]:
    for policy in sorted(state.policies, key=lambda policy: policy.version):
        yield {
            "document": policy.encoded(),
            "sha256": policy.sha256,
            "name": policy.name,
            "version": policy.version,
            "solo": policy.solo,
        }


def _member_keys(state: State) -> Iterator[_Values]:
    for key_id, key in sorted(state.keys.items()):
        yield {"public_key": key.public_key, "key_id": key_id, "person": key.person}


def _key_roles(state: State) -> Iterator[_Values]:
    for key_id, key in sorted(state.keys.items()):
        for role in sorted(key.roles):
            yield {"key_id": key_id, "role": role}


def _key_ends(state: State) -> Iterator[_Values]:
    for key_id, key in sorted(state.keys.items()):
        if key.ended is not None:
            yield {"key_id": key_id, "ended_at": key.ended}


def _artifacts(state: State) -> Iterator[_Values]:
    for _, artifact in sorted(state.artifacts.items()):
        yield _fields(artifact)


def _events(state: State) -> Iterator[_Values]:
    for artifact_id, events in sorted(state.artifact_events.items()):
        for event, entry in zip(events, _entries_of_steps(state, artifact_id), strict=True):
            yield {**_fields(event), "entry_n": entry.n, "entry_sha256": entry.entry_sha256}


def _entries_of_steps(state: State, artifact_id: str) -> Iterator[AuditEntry]:
    """The entries of the artifact's steps, which are in the order of the steps."""
    entries = (state.audit[n - 1] for n in sorted(state.entries_of_steps))
    return (entry for entry in entries if entry.event.subject == artifact_id)


def _evidence(state: State) -> Iterator[_Values]:
    for row in _by_hash(state.evidence):
        yield {
            **_signed(state, row),
            "predicate_type": row.statement.predicate_type,
            "signer": row.said.validator,
            "issued_at": row.said.issued_at,
        }


def _approvals(state: State) -> Iterator[_Values]:
    for row in _by_hash(state.approvals):
        signed = _signed(state, row)
        artifact = state.artifacts[str(signed["artifact_id"])]
        earlier = state.approvals[: state.approvals.index(row)]
        policies = [policy for policy in state.policies if policy.sha256 == row.said.policy_sha256]
        yield {
            **_fields(row.said),
            **signed,
            "author": artifact.author,
            "solo": policies[0].solo,
            "renewal": sum(_decision_of(before) == _decision_of(row) for before in earlier),
        }


def _decision_of(row: SignedRow[Any]) -> tuple[str, str, str]:
    return row.said.payload_sha256, row.said.policy_sha256, row.said.approver


def _snapshots(state: State) -> Iterator[_Values]:
    for row in state.snapshots:
        snapshot = row.said
        yield {
            "envelope": row.envelope,
            "key_id": row.key_id,
            "seq": snapshot.seq,
            "log_n": snapshot.log_head.n,
            "log_sha256": snapshot.log_head.entry_sha256,
            "active": json.dumps(dict(snapshot.active)),
            "revoked": json.dumps(list(snapshot.revoked)),
            "policy_sha256": snapshot.policy_sha256,
            "signer": snapshot.signer,
            "issued_at": snapshot.issued_at,
            "expires_at": snapshot.expires_at,
        }


def _stored_revocations(revocations: tuple[RecordedRevocation, ...]) -> Iterator[_Values]:
    for revocation in sorted(revocations, key=lambda revocation: revocation.revocation_id):
        yield _fields(revocation)


def _trades(state: State) -> Iterator[_Values]:
    for _, trade in sorted(state.trades.items()):
        order = state.orders[trade.client_order_id]
        yield {
            **_fields(trade),
            "order_signal_id": order.signal_id,
            "order_artifact_id": order.artifact_id,
            "order_artifact_hash": order.artifact_hash,
        }


def _signed(state: State, row: SignedRow[Any]) -> dict[str, object]:
    payload_sha256 = row.statement.subject_sha256
    (artifact,) = (a for a in state.artifacts.values() if a.payload_sha256 == payload_sha256)
    return {
        "artifact_id": artifact.artifact_id,
        "envelope": row.envelope,
        "payload_sha256": payload_sha256,
        "key_id": row.key_id,
    }


def _by_hash(rows: tuple[SignedRow[Any], ...]) -> list[SignedRow[Any]]:
    return sorted(rows, key=lambda row: sha256_of(row.envelope))


def _fields(value: Any) -> dict[str, object]:
    return asdict(value)


_TABLES: Mapping[str, Callable[[State], Iterator[_Values]]] = {
    "audit.entry": _entries,
    "gate.policy": _policies,
    "gate.member_key": _member_keys,
    "gate.key_role": _key_roles,
    "gate.key_end": _key_ends,
    "gate.artifact": _artifacts,
    "gate.artifact_event": _events,
    "gate.evidence": _evidence,
    "gate.approval": _approvals,
    "gate.snapshot": _snapshots,
    "trading.trade": _trades,
}
