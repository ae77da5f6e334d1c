"""The people of the gate in tests, the keys they hold, and what they sign: the truth, and lies on request.

    approval_envelope(artifact)                                    # tessa's TECHNICAL approval
    approval_envelope(artifact, approver="mallory", kind=RISK)     # a key that the root file lacks
    approval_envelope(artifact, reason="", displayed_sha256="x")   # anything else than what would be right

Whatever an envelope function does not know by name becomes a field of the predicate; `subject`,
`payload_sha256` and `predicate_type` replace those of the statement, and `signed_by` the key.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jax.domain.approval import Approval, Decision
from jax.domain.approval_count import subject_name
from jax.domain.artifact import ApprovalKind, Artifact
from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import AuditEntry
from jax.domain.evidence import Evidence
from jax.domain.gate_key import GateKey, GateRole, key_id_of
from jax.domain.gate_policy import DESK_POLICY, GatePolicy
from jax.domain.gate_root import GateRoot
from jax.domain.overfitting_figures import OverfittingFigures
from jax.domain.payload_fields import mapping, text
from jax.domain.rerun import Rerun
from jax.domain.revocation import RecordedRevocation, Revocation
from jax.domain.snapshot import LogHead, Snapshot
from jax.domain.statement import Statement
from jax.modules.artifacts.sign_statement import sign_statement

# A database goes by its own clock, and takes nothing that has expired or is not yet signed.
SIGNED_AT = datetime.now(UTC).replace(microsecond=0)
KEYS_ADDED = datetime(2020, 1, 1, tzinfo=UTC)
_HASH = "sha256:" + "5" * 64

ROLES: Mapping[str, frozenset[GateRole]] = MappingProxyType(
    {
        "rita": frozenset({GateRole.AUTHOR}),
        "ada": frozenset({GateRole.AUTHOR}),
        "victor": frozenset({GateRole.VALIDATOR}),
        "tessa": frozenset({GateRole.TECHNICAL}),
        "rosa": frozenset({GateRole.RISK}),
        "carol": frozenset({GateRole.COMPLIANCE}),
        "rene": frozenset({GateRole.RELEASE}),
        "rolf": frozenset({GateRole.REVOKER}),
        "audrey": frozenset({GateRole.AUDITOR}),
    }
)
APPROVER_OF: Mapping[ApprovalKind, str] = MappingProxyType(
    {ApprovalKind.TECHNICAL: "tessa", ApprovalKind.RISK: "rosa", ApprovalKind.COMPLIANCE: "carol"}
)


@dataclass(frozen=True, slots=True)
class Hand:
    """A Signer; its key follows from its name, so that every run of the tests has the same keys."""

    name: str

    @property
    def public_key(self) -> bytes:
        return self._private_key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        return self._private_key.sign(message)

    @property
    def _private_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.name.encode()).digest())


def gate_key(
    person: str, *roles: GateRole, hand: str | None = None, ended: datetime | None = None
) -> GateKey:
    """A key of `person`; another `hand` is another key of the same person."""
    return GateKey(Hand(hand or person).public_key, person, frozenset(roles), KEYS_ADDED, ended)


def root_of(keys: Sequence[GateKey], *, solo: bool = False) -> GateRoot:
    """A root file with these keys."""
    return GateRoot(1, solo, tuple(sorted(keys, key=lambda key: key.key_id)))


KEYS = tuple(gate_key(person, *roles) for person, roles in ROLES.items())
ROOT = root_of(KEYS)
# One person alone, who holds every role.
SOLO_ROOT = root_of([gate_key("sam", *GateRole)], solo=True)


def sign(statement: Statement, hand: str) -> bytes:
    """The envelope by the key of that hand; people's hands have their names."""
    return sign_statement(statement, Hand(hand))


def rerun_envelope(
    artifact: Artifact, *, validator: str = "victor", issued: datetime = SIGNED_AT, **lies: Any
) -> bytes:
    """`validator` has run the backtest again, and it made what the payload says."""
    rerun, _ = _evidence(artifact, validator, issued)
    return _signed(rerun, validator, lies)


def golden_envelope(
    artifact: Artifact, *, validator: str = "victor", issued: datetime = SIGNED_AT, **lies: Any
) -> bytes:
    """`validator` has replayed the golden suite of the payload, and it passes."""
    _, golden = _evidence(artifact, validator, issued)
    return _signed(golden, validator, lies)


def approval_envelope(
    artifact: Artifact,
    kind: ApprovalKind = ApprovalKind.TECHNICAL,
    *,
    approver: str | None = None,
    issued: datetime = SIGNED_AT,
    policy: GatePolicy = DESK_POLICY,
    **lies: Any,
) -> bytes:
    """Whoever gives approvals of `kind` approves, for as long as `policy` lets them."""
    person = approver or APPROVER_OF[kind]
    approval = Approval(
        subject=subject_name(artifact),
        payload_sha256=artifact.payload_sha256,
        kind=kind,
        decision=Decision.APPROVE,
        approver=person,
        policy_sha256=policy.sha256,
        displayed_sha256=_HASH,
        reason="read it twice",
        issued_at=_to_the_second(issued),
        expires_at=_to_the_second(issued) + timedelta(days=policy.approval_days),
    )
    return _signed(approval.statement(), person, lies)


def snapshot_envelope(
    active: Mapping[str, str],
    head: AuditEntry,
    /,
    *,
    seq: int = 1,
    issued: datetime = SIGNED_AT,
    policy: GatePolicy = DESK_POLICY,
    **lies: Any,
) -> bytes:
    """rene releases `active` (hash by strategy name), having seen the audit log up to `head`."""
    snapshot = Snapshot(
        seq=seq,
        log_head=LogHead(head.n, head.entry_sha256),
        active=active,
        revoked=(),
        policy_sha256=policy.sha256,
        signer="rene",
        issued_at=_to_the_second(issued),
        expires_at=_to_the_second(issued) + timedelta(days=policy.snapshot_days),
    )
    return _signed(snapshot.statement(), "rene", lies)


def revocation_envelope(
    artifact: Artifact, *, revoker: str = "rolf", issued: datetime = SIGNED_AT, **lies: Any
) -> bytes:
    """`revoker` ends the artifact."""
    revocation = Revocation(
        subject_name(artifact), artifact.payload_sha256, revoker, "it loses money", _to_the_second(issued)
    )
    return _signed(revocation.statement(), revoker, lies)


def recorded_revocation(
    artifact: Artifact, revocation_id: str | None = None, *, at: datetime = SIGNED_AT
) -> RecordedRevocation:
    """The row for rolf's revocation of the artifact."""
    return RecordedRevocation(
        revocation_id=revocation_id or f"revocation of {artifact.artifact_id}",
        payload_sha256=artifact.payload_sha256,
        revoker="rolf",
        reason="it loses money",
        revoked_at=at,
        envelope=revocation_envelope(artifact, issued=at),
    )


def _signed(statement: Statement, hand: str, lies: Mapping[str, Any]) -> bytes:
    said = dict(lies)
    told = replace(
        statement,
        predicate_type=said.pop("predicate_type", statement.predicate_type),
        subject_name=said.pop("subject", statement.subject_name),
        subject_sha256=said.pop("payload_sha256", statement.subject_sha256),
    )
    signed_by = said.pop("signed_by", hand)
    return sign(replace(told, predicate={**statement.predicate, **said}), signed_by)


def _evidence(artifact: Artifact, validator: str, issued: datetime) -> tuple[Statement, Statement]:
    payload = parse_payload(artifact.payload)
    backtest = mapping("backtest", payload.document["backtest"])
    rerun = Rerun(
        orders_sha256=payload.orders_sha256,
        manifest_sha256=payload.manifest_sha256,
        engine_version=text("engine_version", backtest["engine_version"]),
        python="3.11",
        metrics={name: Decimal(value) for name, value in payload.metrics.items()},
        overfitting=OverfittingFigures(payload.trials, 9, Decimal("0.9"), Decimal("0.1"), Decimal("0.5")),
        golden_suite_sha256=payload.golden_suite_sha256,
        golden_passed=("case 1",),
        golden_failed=(),
    )
    evidence = Evidence(
        subject_name(artifact), artifact.payload_sha256, validator, rerun, _to_the_second(issued)
    )
    return evidence.statements(payload.golden_suite_sha256)


def _to_the_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
