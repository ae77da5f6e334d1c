"""What a validator signs about an artifact: the re-run of its backtest, and its golden suite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks, payload_fields
from jax.domain.approval_count import Authority, GateRefused, subject_name
from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.canonical_json import Json
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import EvidenceThresholds
from jax.domain.payload_fields import timestamp
from jax.domain.rerun import Rerun, differences, rerun_of
from jax.domain.signed import SignatureRefused, Signed, check_issued, check_signer, subject_of
from jax.domain.statement import Statement

RERUN_PREDICATE = "urn:jax:rerun:v1"
# in-toto's own predicate for tests (in-toto attestation framework, "Test Result").
GOLDEN_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_PASSED, _FAILED = "PASSED", "FAILED"
_SUITE = "golden-suite"
_SIGNING = frozenset({"validator", "issued"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """`validator` has run the artifact's backtest again, from its payload alone."""

    subject: str
    payload_sha256: str
    validator: str
    rerun: Rerun
    issued_at: datetime

    def __post_init__(self) -> None:
        checks.text("subject", self.subject)
        checks.sha256("payload_sha256", self.payload_sha256)
        checks.person("validator", self.validator)
        checks.utc("issued", self.issued_at)

    def statements(self, golden_suite_sha256: str) -> tuple[Statement, Statement]:
        """The re-run, and the result of the golden suite with this hash: signed one by one."""
        issued = timestamp(self.issued_at)
        rerun: dict[str, Json] = {"validator": self.validator, "issued": issued, **self.rerun.document()}
        golden: dict[str, Json] = {
            "result": _FAILED if self.rerun.golden_failed else _PASSED,
            "configuration": [
                {"name": _SUITE, "digest": {"sha256": golden_suite_sha256.removeprefix("sha256:")}}
            ],
            "passedTests": list(self.rerun.golden_passed),
            "failedTests": list(self.rerun.golden_failed),
            "validator": self.validator,
            "issued": issued,
        }
        return (
            Statement(RERUN_PREDICATE, self.subject, self.payload_sha256, rerun),
            Statement(GOLDEN_PREDICATE, self.subject, self.payload_sha256, golden),
        )


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """What the replay of one golden suite gave."""

    validator: str
    golden_suite_sha256: str
    has_passed: bool
    issued_at: datetime


def evidence_of(statement: Statement) -> Evidence:
    """The re-run that `statement` spells; InvalidValue names the field that is wrong."""
    if statement.predicate_type != RERUN_PREDICATE:
        raise InvalidValue("predicateType", f"is {statement.predicate_type!r}, not {RERUN_PREDICATE!r}")
    found = statement.predicate
    if not found.keys() >= _SIGNING:
        raise InvalidValue("predicate", f"lacks {sorted(_SIGNING - found.keys())}")
    return Evidence(
        subject=statement.subject_name,
        payload_sha256=statement.subject_sha256,
        validator=payload_fields.text("validator", found["validator"]),
        rerun=rerun_of({key: value for key, value in found.items() if key not in _SIGNING}),
        issued_at=payload_fields.time("issued", found["issued"]),
    )


def golden_result_of(statement: Statement) -> GoldenResult:
    """The golden suite's result that `statement` spells; InvalidValue names the field that is wrong."""
    found = statement.fields(
        GOLDEN_PREDICATE, "result", "configuration", "passedTests", "failedTests", "validator", "issued"
    )
    configuration = payload_fields.items("configuration", found["configuration"])
    if len(configuration) != 1:
        raise InvalidValue("configuration", "must name exactly the golden suite")
    suite = payload_fields.section("configuration", configuration[0], keys=frozenset({"name", "digest"}))
    digest = payload_fields.section("digest", suite["digest"], keys=frozenset({"sha256"}))
    passed = payload_fields.items("passedTests", found["passedTests"])
    failed = payload_fields.items("failedTests", found["failedTests"])
    if found["result"] not in (_PASSED, _FAILED):
        raise InvalidValue("result", f"is {found['result']!r}, neither {_PASSED} nor {_FAILED}")
    return GoldenResult(
        validator=payload_fields.text("validator", found["validator"]),
        golden_suite_sha256=payload_fields.hex_sha256("digest.sha256", digest["sha256"]),
        has_passed=found["result"] == _PASSED and not failed and bool(passed),
        issued_at=payload_fields.time("issued", found["issued"]),
    )


def check_evidence(
    artifact: Artifact, payload: ArtifactPayload, envelopes: Sequence[bytes], authority: Authority
) -> Evidence:
    """The newest re-run that makes exactly what the payload says and reaches the policy's thresholds.

    GateRefused says what is missing, or why what is there does not count.
    """
    reasons: list[str] = []
    reruns: list[Evidence] = []
    golden = False
    for envelope in envelopes:
        try:
            signed = authority.trust.open(envelope)
            subject_of(signed, name=subject_name(artifact), sha256=artifact.payload_sha256)
            if signed.statement.predicate_type == GOLDEN_PREDICATE:
                golden = _golden(signed, artifact, payload, authority) or golden
            else:
                reruns.append(_rerun(signed, artifact, payload, authority))
        except (SignatureRefused, InvalidValue) as error:
            reasons.append(str(error))
    problem = f": {'; '.join(reasons)}" if reasons else ""
    if not reruns:
        raise GateRefused(f"{subject_name(artifact)} needs a re-run of its backtest by a validator{problem}")
    if not golden:
        raise GateRefused(f"{subject_name(artifact)} needs its golden suite to pass{problem}")
    return max(reruns, key=lambda evidence: evidence.issued_at)


def _rerun(signed: Signed, artifact: Artifact, payload: ArtifactPayload, authority: Authority) -> Evidence:
    evidence = evidence_of(signed.statement)
    _check_validator(signed, evidence.validator, evidence.issued_at, artifact, authority)
    found = differences(payload, evidence.rerun)
    if found:
        raise SignatureRefused("; ".join(found))
    _check_thresholds(evidence.rerun, authority.policy.evidence)
    return evidence


def _golden(signed: Signed, artifact: Artifact, payload: ArtifactPayload, authority: Authority) -> bool:
    result = golden_result_of(signed.statement)
    _check_validator(signed, result.validator, result.issued_at, artifact, authority)
    if result.golden_suite_sha256 != payload.golden_suite_sha256:
        raise SignatureRefused(f"the golden suite that was run is {result.golden_suite_sha256}, not its own")
    if not result.has_passed:
        raise SignatureRefused("its golden suite does not pass")
    return True


def _check_validator(
    signed: Signed, validator: str, issued_at: datetime, artifact: Artifact, authority: Authority
) -> None:
    check_signer(signed, person=validator, role=GateRole.VALIDATOR)
    check_issued(issued_at, at=authority.at)
    if validator == artifact.author and not authority.policy.solo:
        raise SignatureRefused(f"{validator} wrote {subject_name(artifact)} and cannot validate it")


def _check_thresholds(rerun: Rerun, thresholds: EvidenceThresholds) -> None:
    trades = rerun.metrics.get("trades", Decimal(0))
    if not (trades >= thresholds.min_trades):
        raise SignatureRefused(f"it made {trades} trades, the policy asks for {thresholds.min_trades}")
    deflated, pbo = rerun.overfitting.deflated_sharpe, rerun.overfitting.pbo
    if deflated is not None and not (deflated >= thresholds.min_deflated_sharpe):
        raise SignatureRefused(
            f"its deflated Sharpe ratio is {deflated}, the policy asks for {thresholds.min_deflated_sharpe}"
        )
    if pbo is not None and not (pbo <= thresholds.max_pbo):
        raise SignatureRefused(
            f"its probability of backtest overfitting is {pbo}, the policy allows {thresholds.max_pbo}"
        )
