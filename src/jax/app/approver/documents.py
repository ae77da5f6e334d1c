"""What the commands print with --json."""

from datetime import datetime
from pathlib import Path
from typing import Any

from jax.domain.approval import Approval
from jax.domain.artifact import Artifact, ArtifactEvent
from jax.domain.audit import AuditEntry
from jax.domain.canonical_json import strict_parse
from jax.domain.evidence import Evidence
from jax.domain.gate_key import GateKey
from jax.domain.gate_policy import GatePolicy
from jax.domain.gate_root import GateRoot
from jax.domain.snapshot import Snapshot
from jax.modules.artifacts.artifact_view import ArtifactView
from jax.ports.trade_provenance import TradeProvenance


def spelled(moment: datetime | None) -> str | None:
    """A time in ISO 8601."""
    return None if moment is None else moment.isoformat()


def artifact_document(artifact: Artifact, policy: str) -> dict[str, Any]:
    """The artifact without its payload; `policy` is the mark of the policy in force."""
    return {
        "artifact_id": artifact.artifact_id,
        "name": artifact.name,
        "version": artifact.version,
        "author": artifact.author,
        "state": artifact.state,
        "payload_sha256": artifact.payload_sha256,
        "created_at": spelled(artifact.created_at),
        "policy": policy,
    }


def view_document(view: ArtifactView) -> dict[str, Any]:
    """All that a view holds but the code."""
    version = view.version
    return {
        **artifact_document(version.artifact, view.policy.mark),
        "payload": version.payload.document,
        "code_problem": version.bundle_problem,
        "policy_sha256": view.policy.sha256,
        "evidence": None if view.evidence is None else evidence_document(view.evidence),
        "evidence_problem": view.evidence_problem,
        "approvals": [approval_document(a) for a in (*view.approvals.counted, *view.approvals.rejections)],
        "set_aside": [
            {"kind": item.kind, "approver": item.approver, "reason": item.reason}
            for item in view.approvals.set_aside
        ],
        "missing": view.missing,
        "released": None if view.released is None else view.released.artifact.payload_sha256,
        "release_problem": view.release_problem,
    }


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """The re-run as it was signed."""
    return {
        "validator": evidence.validator,
        "issued_at": spelled(evidence.issued_at),
        **evidence.rerun.document(),
    }


def approval_document(approval: Approval) -> dict[str, Any]:
    """The decision as it was signed."""
    return {
        "kind": approval.kind,
        "decision": approval.decision,
        "approver": approval.approver,
        "reason": approval.reason,
        "issued_at": spelled(approval.issued_at),
        "expires_at": spelled(approval.expires_at),
        "displayed_sha256": approval.displayed_sha256,
        "policy_sha256": approval.policy_sha256,
    }


def event_document(event: ArtifactEvent) -> dict[str, Any]:
    """One step of an artifact's life."""
    return {
        "n": event.n,
        "from": event.from_state,
        "to": event.to_state,
        "actor": event.actor,
        "reason": event.reason,
        "at": spelled(event.at),
    }


def snapshot_document(snapshot: Snapshot) -> dict[str, Any]:
    """What may trade now."""
    return {
        "seq": snapshot.seq,
        "active": dict(snapshot.active),
        "revoked": list(snapshot.revoked),
        "log_head": {"n": snapshot.log_head.n, "entry_sha256": snapshot.log_head.entry_sha256},
        "policy_sha256": snapshot.policy_sha256,
        "signer": snapshot.signer,
        "issued_at": spelled(snapshot.issued_at),
        "expires_at": spelled(snapshot.expires_at),
    }


def key_document(key: GateKey) -> dict[str, Any]:
    """One key of the root file."""
    return {
        "key_id": key.key_id,
        "person": key.person,
        "roles": sorted(key.roles),
        "added": spelled(key.added),
        "ended": spelled(key.ended),
    }


def root_document(root: GateRoot, path: Path) -> dict[str, Any]:
    """The root file and where it is."""
    return {
        "path": str(path),
        "number": root.number,
        "solo": root.solo,
        "sha256": root.sha256,
        "keys": [key_document(key) for key in root.keys],
    }


def policy_document(policy: GatePolicy) -> dict[str, Any]:
    """The policy, its hash and its mark."""
    return {"policy": policy.mark, "policy_sha256": policy.sha256, "document": strict_parse(policy.encoded())}


def entry_document(entry: AuditEntry) -> dict[str, Any]:
    """One entry of the chain."""
    event = entry.event
    return {
        "n": entry.n,
        "at": spelled(event.at),
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "data": event.data,
        "previous_sha256": entry.previous_sha256,
        "entry_sha256": entry.entry_sha256,
    }


def provenance_document(found: TradeProvenance) -> dict[str, Any]:
    """The trade and by what it was allowed."""
    return {
        "trade_id": found.trade_id,
        "submitted_at": spelled(found.submitted_at),
        "symbol": found.symbol,
        "side": found.side,
        "quantity": found.quantity,
        "account": found.account,
        "client_order_id": found.client_order_id,
        "signal": {"signal_id": found.signal_id, "approved_by": found.signal_approved_by},
        "artifact": {
            "artifact_id": found.artifact_id,
            "name": found.strategy,
            "version": found.version,
            "author": found.author,
            "payload_sha256": found.payload_sha256,
            "bundle_sha256": found.bundle_sha256,
        },
        "approvals": [
            {
                "approver": approval.approver,
                "kind": approval.kind,
                "issued_at": spelled(approval.issued_at),
                "expires_at": spelled(approval.expires_at),
                "reason": approval.reason,
                "approval_sha256": approval.approval_sha256,
            }
            for approval in found.approvals
        ],
        "policy": "solo" if found.is_solo else found.policy,
        "policy_version": found.policy_version,
        "policy_sha256": found.policy_sha256,
        "snapshot": {
            "seq": found.snapshot_seq,
            "snapshot_sha256": found.snapshot_sha256,
            "signer": found.snapshot_signer,
            "names_artifact": found.is_named,
        },
    }
