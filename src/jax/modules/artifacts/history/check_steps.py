"""The steps of artifacts' lives: in the chain, legal, and with everything that each of them needed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jax.domain.approval_count import Authority, GateRefused, subject_name
from jax.domain.artifact import Artifact, ArtifactEvent, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.canonical_json import Json
from jax.domain.errors import InvalidValue
from jax.domain.evidence import check_evidence
from jax.domain.promotion import check_step
from jax.domain.record_row import RecordRow
from jax.modules.artifacts.history.check_policies import PoliciesInForce
from jax.modules.artifacts.history.check_revocations import Revoked
from jax.modules.artifacts.history.check_signatures import Signatures
from jax.modules.artifacts.history.check_snapshots import Released
from jax.modules.artifacts.history.finding import About
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.timeline import Timeline
from jax.modules.artifacts.history.told import Told
from jax.modules.artifacts.history.trust_at import trust_at

_S = ArtifactState
_SUBMITTED, _STEP = "artifact.submitted", "artifact.step"
_FIRST_REASON = "submitted"
# The states of an artifact, by its id.
States = Mapping[str, Timeline[ArtifactState]]


@dataclass(frozen=True, slots=True)
class Gate:
    """What was signed and stored, and when."""

    artifacts: Mapping[str, Artifact]
    policies: PoliciesInForce
    evidence: Signatures
    approvals: Signatures
    released: Released
    revoked: Sequence[Revoked]


def check_steps(case: Case, gate: Gate) -> States:
    """The state of each artifact when."""
    states: dict[str, list[tuple[int, ArtifactState]]] = defaultdict(list)
    last: dict[str, tuple[int, ArtifactState | None]] = {}
    for row in case.rows("gate.artifact_event"):
        artifact_id = str(row.row.get("artifact_id"))
        about = case.about(_name(row, gate.artifacts.get(artifact_id)))
        with about.noting():
            step = _event(row)
            before = last.get(artifact_id, (0, None))
            last[artifact_id] = step.n, step.to_state
            if (step.n, step.from_state) != (before[0] + 1, before[1]):
                about.add(f"it does not follow step {before[0]}, which led to {before[1]}")
            told = _told(case, about, row, step)
            states[artifact_id].append((told.n, step.to_state))
            _check_reasons(case, gate, step, told)
    return {artifact_id: Timeline(told) for artifact_id, told in states.items()}


def _event(row: RecordRow) -> ArtifactEvent:
    from_state = None if row.is_null("from_state") else _state("from_state", row)
    return ArtifactEvent(
        artifact_id=row.text("artifact_id"),
        n=row.whole("n"),
        from_state=from_state,
        to_state=_state("to_state", row),
        payload_sha256=row.text("payload_sha256"),
        actor=row.text("actor"),
        reason=row.text("reason"),
        at=row.moment("at"),
    )


def _state(column: str, row: RecordRow) -> ArtifactState:
    try:
        return ArtifactState(row.text(column))
    except ValueError as error:
        raise InvalidValue(column, f"is {row.text(column)!r}, which is no state") from error


def _told(case: Case, about: About, row: RecordRow, step: ArtifactEvent) -> Told:
    """The entry that the step names, if it is of this very step; InvalidValue when there is none."""
    n = row.whole("entry_n")
    told = case.record.told.entry(n)
    kind = _SUBMITTED if step.n == 1 else _STEP
    if told is None or told.kind != kind:
        raise InvalidValue("entry_n", f"names audit entry {n}, which tells of no such step")
    if kind == _STEP and case.record.told.claim(_STEP, n) is None:
        raise InvalidValue("entry_n", f"names audit entry {n}, which tells of another step")
    data: dict[str, Json] = {"payload_sha256": step.payload_sha256}
    if kind == _STEP:
        data |= {"from": step.from_state, "to": step.to_state, "reason": step.reason}
    else:
        about.compare_columns(row, "every first step", {"reason": _FIRST_REASON})
    about.compare(
        told.name,
        [
            ("artifact", step.artifact_id, told.subject),
            ("actor", step.actor, told.actor),
            ("time", step.at, told.at),
            ("entry_sha256", row.row.get("entry_sha256"), case.record.hashes.get(n)),
            *((field, value, told.data.get(field)) for field, value in data.items()),
        ],
    )
    return told


def _check_reasons(case: Case, gate: Gate, step: ArtifactEvent, told: Told) -> None:
    """GateRefused when what the step needed was not there when entry `told` was written."""
    artifact = gate.artifacts.get(step.artifact_id)
    if artifact is None:
        raise InvalidValue("artifact_id", f"names artifact {step.artifact_id}, which is not stored")
    if step.payload_sha256 != artifact.payload_sha256:
        raise InvalidValue("payload_sha256", f"is not that of {subject_name(artifact)}")
    if step.to_state is _S.REVOKED:
        return _check_revoked(gate, artifact, told)
    if step.from_state is None:
        return None
    _check_released(gate, artifact, step.to_state, told)
    authority = Authority(trust_at(case.trust, told.at), gate.policies.in_force(told.n), told.at)
    if step.to_state is _S.VALIDATED:
        envelopes = _before(gate.evidence, artifact, told)
        check_evidence(artifact, parse_payload(artifact.payload), envelopes, authority)
    else:
        stood = replace(artifact, state=step.from_state)
        check_step(stood, step.to_state, _before(gate.approvals, artifact, told), authority)
    return None


def _check_revoked(gate: Gate, artifact: Artifact, told: Told) -> None:
    if not any(
        revoked.payload_sha256 == artifact.payload_sha256 and revoked.n is not None and revoked.n < told.n
        for revoked in gate.revoked
    ):
        raise GateRefused("no revocation was told of before it")


def _check_released(gate: Gate, artifact: Artifact, to_state: ArtifactState, told: Told) -> None:
    newest = gate.released.at(told.n)
    is_named = newest is not None and newest.active.get(artifact.name) == artifact.payload_sha256
    if to_state is _S.ACTIVE and not is_named:
        raise GateRefused("the snapshot then in force did not name it")
    if to_state is _S.DEPRECATED and is_named:
        raise GateRefused("the snapshot then in force named it")


def _before(signatures: Signatures, artifact: Artifact, told: Told) -> Sequence[bytes]:
    known = signatures.get(artifact.artifact_id)
    return () if known is None else known.before(told.n)


def _name(row: RecordRow, artifact: Artifact | None) -> str:
    name = f"artifact {row.row.get('artifact_id')}" if artifact is None else subject_name(artifact)
    return f"step {row.row.get('n')} of {name} to {row.row.get('to_state')}"
