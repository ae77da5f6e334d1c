"""Evidence and approvals: who signed them, of which artifact, and what the audit log tells of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from jax.domain.approval import Approval
from jax.domain.approval_count import Authority, check_approval, open_approval, subject_name
from jax.domain.artifact import Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.dsse import decode_envelope
from jax.domain.errors import InvalidValue
from jax.domain.evidence import GOLDEN_PREDICATE, evidence_of, golden_result_of
from jax.domain.gate_key import GateRole
from jax.domain.record_row import RecordRow
from jax.domain.signed import Signed, check_issued, check_signer, subject_of
from jax.domain.statement import Statement, parse_statement
from jax.modules.artifacts.history.check_policies import PoliciesInForce
from jax.modules.artifacts.history.finding import About
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.timeline import Timeline
from jax.modules.artifacts.history.told import Told
from jax.modules.artifacts.history.trust_at import trust_at

# Envelopes about an artifact, by its id.
Signatures = Mapping[str, Timeline[bytes]]


def check_evidence_rows(case: Case, artifacts: Mapping[str, Artifact]) -> Signatures:
    """Each is a validator's own, about the artifact under which it is stored; whether it suffices is for the
    step that asks for it.
    """
    found: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    for row in case.rows("gate.evidence"):
        about = case.about(f"evidence of {_subject(row, artifacts)} by {_signer(row)}")
        with about.noting():
            envelope = row.content("envelope")
            told = case.claim(about, "artifact.evidence", sha256_of(envelope))
            artifact = _artifact(row, artifacts)
            if told is None:
                # It says itself when it was signed, and its signature is worth a look all the same.
                trust_at(case.trust, row.moment("issued_at")).open(envelope)
                continue
            found[artifact.artifact_id].append((told.n, envelope))
            signed = trust_at(case.trust, told.at).open(envelope)
            _check_evidence(about, row, signed, told)
            subject_of(signed, name=subject_name(artifact), sha256=artifact.payload_sha256)
    return _signatures(found)


def check_approvals(case: Case, artifacts: Mapping[str, Artifact], policies: PoliciesInForce) -> Signatures:
    """Each is that of a person who might give it then, under the policy then in force."""
    found: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    decided: list[tuple[int, About, RecordRow]] = []
    for row in case.rows("gate.approval"):
        about = case.about(f"approval of {_subject(row, artifacts)} by {_signer(row)}")
        with about.noting():
            envelope = row.content("envelope")
            told = case.claim(about, "artifact.approval", sha256_of(envelope))
            artifact = _artifact(row, artifacts)
            if told is None:
                open_approval(artifact, envelope, trust_at(case.trust, row.moment("issued_at")))
                continue
            found[artifact.artifact_id].append((told.n, envelope))
            decided.append((told.n, about, row))
            said = {c: told.data.get(c) for c in ("payload_sha256", "kind", "decision", "policy_sha256")}
            said |= {"artifact_id": told.subject, "approver": told.actor}
            about.compare_columns(row, told.name, said)
            trust = trust_at(case.trust, told.at)
            approval = open_approval(artifact, envelope, trust)
            policy = policies.in_force(told.n)
            _check_approval_columns(about, row, approval)
            about.compare_columns(row, "the artifact", {"author": artifact.author})
            about.compare_columns(row, "its policy", {"solo": policy.solo})
            check_approval(artifact, approval, Authority(trust, policy, told.at))
    _check_renewals(decided)
    return _signatures(found)


def _check_renewals(decided: Iterable[tuple[int, About, RecordRow]]) -> None:
    """A person's decisions about an artifact under a policy are counted from 0."""
    count: Counter[tuple[object, ...]] = Counter()
    for _, about, row in sorted(decided, key=lambda one: one[0]):
        decision = tuple(row.row.get(c) for c in ("artifact_id", "policy_sha256", "approver"))
        about.compare_columns(row, "the order of decisions", {"renewal": count[decision]})
        count[decision] += 1


def _check_evidence(about: About, row: RecordRow, signed: Signed, told: Told) -> None:
    statement = signed.statement
    said = (golden_result_of if statement.predicate_type == GOLDEN_PREDICATE else evidence_of)(statement)
    columns = {
        "payload_sha256": statement.subject_sha256,
        "predicate_type": statement.predicate_type,
        "signer": said.validator,
        "key_id": signed.key.key_id,
        "issued_at": said.issued_at.isoformat(),
    }
    about.compare_columns(row, "its envelope", columns)
    payload_sha256 = told.data.get("payload_sha256")
    by_entry = {"artifact_id": told.subject, "signer": told.actor, "payload_sha256": payload_sha256}
    about.compare_columns(row, told.name, by_entry)
    check_signer(signed, person=said.validator, role=GateRole.VALIDATOR)
    check_issued(said.issued_at, at=told.at)


def _check_approval_columns(about: About, row: RecordRow, approval: Approval) -> None:
    columns = {
        "payload_sha256": approval.payload_sha256,
        "kind": approval.kind,
        "decision": approval.decision,
        "approver": approval.approver,
        "policy_sha256": approval.policy_sha256,
        "displayed_sha256": approval.displayed_sha256,
        "reason": approval.reason,
        "key_id": decode_envelope(row.content("envelope")).key_id,
        "issued_at": approval.issued_at.isoformat(),
        "expires_at": approval.expires_at.isoformat(),
    }
    about.compare_columns(row, "its envelope", columns)


def _artifact(row: RecordRow, artifacts: Mapping[str, Artifact]) -> Artifact:
    artifact = artifacts.get(row.text("artifact_id"))
    if artifact is None:
        raise InvalidValue("artifact_id", f"names artifact {row.text('artifact_id')}, which is not stored")
    return artifact


def _statement(row: RecordRow) -> Statement | None:
    try:
        return parse_statement(decode_envelope(row.content("envelope")).payload)
    except InvalidValue:
        return None


def _subject(row: RecordRow, artifacts: Mapping[str, Artifact]) -> str:
    """What the signed statement is about; what it is stored under when nobody can read it."""
    statement = _statement(row)
    if statement is not None:
        return statement.subject_name
    artifact = artifacts.get(str(row.row.get("artifact_id")))
    return f"artifact {row.row.get('artifact_id')}" if artifact is None else subject_name(artifact)


def _signer(row: RecordRow) -> str:
    """Who says to have signed it; what the column says when nobody can read it."""
    statement = _statement(row)
    said = {} if statement is None else statement.predicate
    return str(
        said.get("approver") or said.get("validator") or row.row.get("approver") or row.row.get("signer")
    )


def _signatures(found: Mapping[str, list[tuple[int, bytes]]]) -> Signatures:
    return {artifact_id: Timeline(told) for artifact_id, told in found.items()}
