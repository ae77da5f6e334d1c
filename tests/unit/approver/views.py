"""A view with one value of everything, to be changed part by part."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.domain.approval import Approval, Decision
from jax.domain.approval_count import ApprovalCount, SetAside
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bundle import SourceFile, bundle_of
from jax.domain.canonical_json import sha256_of
from jax.domain.evidence import Evidence
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.overfitting_figures import OverfittingFigures
from jax.domain.rerun import Rerun
from jax.domain.risk_profile import RiskProfile
from jax.modules.artifacts.artifact_view import ArtifactView, ShownVersion
from jax.modules.artifacts.submit_artifact import DataWindow, Environment, Submission, build_payload
from jax.ports.strategy_catalog import StrategySource

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SHOWN = "sha256:" + "6" * 64
FILES = (
    SourceFile("house/average.py", "SPAN = 3\n\n\ndef mean(a, b):\n    return (a + b) / 2\n"),
    SourceFile("house/first.py", "from house.average import mean\n"),
)


def a_submission(*files: SourceFile, **changes: Any) -> Submission:
    """What ada submits: two small files, unless others are given."""
    bundle = bundle_of(files or FILES)
    base = Submission(
        source=StrategySource("house_v1", "house.first:STRATEGY", bundle, "house 1.2", "c0ffee" + "0" * 34),
        author="ada",
        params={"fast": 20, "slow": 200, "share": Decimal("0.25")},
        data=DataWindow(
            "sha256:" + "2" * 64,
            datetime(2000, 1, 3, 21, tzinfo=UTC),
            datetime(2020, 12, 31, 21, tzinfo=UTC),
            ("AAPL", "MSFT"),
            "a vendor",
        ),
        environment=Environment("3.11.7", "sha256:" + "3" * 64),
        risk=RiskProfile(
            Decimal("0.2"), Decimal(1000), ("LIMIT",), Decimal(50_000), 60, Decimal("0.05"), ("ib", "paper")
        ),
        evidence=BacktestEvidence(
            "run-1", "bars-1", 7, 4, "sha256:" + "1" * 64, {"trades": Decimal(12), "sharpe": Decimal("0.5")}
        ),
        golden_suite=b"golden",
        report=b"report",
    )
    return replace(base, **changes)


def a_version(
    submitted: Submission | None = None,
    *,
    number: str = "1.0.0",
    state: ArtifactState = ArtifactState.VALIDATED,
) -> ShownVersion:
    """The version that the submission makes."""
    given = submitted or a_submission()
    payload = build_payload(given, version=number)
    artifact = Artifact(
        artifact_id=f"artifact-{number}",
        name=payload.name,
        version=number,
        author=payload.author,
        payload=payload.encoded(),
        payload_sha256=sha256_of(payload.encoded()),
        created_at=NOON,
        state=state,
    )
    return ShownVersion(artifact, payload, given.source.bundle)


def some_evidence(version: ShownVersion, **changes: Any) -> Evidence:
    """victor's own run, which made what the payload says."""
    payload = version.payload
    rerun = Rerun(
        orders_sha256=payload.orders_sha256,
        manifest_sha256=payload.manifest_sha256,
        engine_version="bars-1",
        python="3.12.1",
        metrics={name: Decimal(value) for name, value in payload.metrics.items()},
        overfitting=OverfittingFigures(payload.trials, 13, Decimal("0.91"), Decimal("0.12"), Decimal("-0.3")),
        golden_suite_sha256=payload.golden_suite_sha256,
        golden_passed=("one", "two"),
        golden_failed=(),
    )
    return Evidence("s 1", version.artifact.payload_sha256, "victor", replace(rerun, **changes), NOON)


def an_opinion(version: ShownVersion, **changes: Any) -> Approval:
    """tessa's TECHNICAL approval."""
    fields: dict[str, Any] = {
        "subject": f"{version.artifact.name} {version.artifact.version}",
        "payload_sha256": version.artifact.payload_sha256,
        "kind": ApprovalKind.TECHNICAL,
        "decision": Decision.APPROVE,
        "approver": "tessa",
        "policy_sha256": DESK_POLICY.sha256,
        "displayed_sha256": SHOWN,
        "reason": "read the code",
        "issued_at": NOON,
        "expires_at": NOON + timedelta(days=180),
    }
    return Approval(**fields | changes)


def a_view(**changes: Any) -> ArtifactView:
    """Validated by victor, approved by tessa; carol's approval has expired; nothing is released."""
    version = a_version()
    fields: dict[str, Any] = {
        "version": version,
        "policy": DESK_POLICY,
        "evidence": some_evidence(version),
        "evidence_problem": None,
        "approvals": ApprovalCount(
            (an_opinion(version),), (), (SetAside(ApprovalKind.RISK, "carol", "carol's expired 2026-03-01"),)
        ),
        "missing": "house_v1 1.0.0 needs 1 RISK approval; carol's expired 2026-03-01",
        "released": None,
        "release_problem": "no version of house_v1 is released",
    }
    return ArtifactView(**fields | changes)
