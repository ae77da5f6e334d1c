"""Builds an artifact from a strategy's sources and its evidence, and hands it to the gate as a DRAFT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.artifact_payload import SCHEMA, ArtifactPayload, payload_of, timestamp
from jax.domain.audit import AuditEvent
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bar import Timeframe
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.risk_profile import RiskProfile
from jax.modules.artifacts.load_bundle import load_strategy
from jax.modules.artifacts.verify_artifact import (
    bundle_key,
    golden_suite_key,
    payload_key,
    strategy_params,
)
from jax.ports.clock import Clock
from jax.ports.id_source import IdSource
from jax.ports.object_store import ObjectStore
from jax.ports.strategy_catalog import StrategySource
from jax.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class DataWindow:
    """The bars of `timeframe` that a backtest saw: they end within [`first_end`, `last_end`]."""

    manifest_sha256: str
    first_end: datetime
    last_end: datetime
    symbols: tuple[str, ...]
    vendor: str
    timeframe: Timeframe = Timeframe.DAY


@dataclass(frozen=True, slots=True)
class Environment:
    """What the backtest ran on."""

    python: str
    lock_sha256: str


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything that goes into a payload but its version, and the report that people will read."""

    source: StrategySource
    author: str
    params: Mapping[str, int | Decimal]
    data: DataWindow
    environment: Environment
    risk: RiskProfile
    evidence: BacktestEvidence
    golden_suite: bytes
    report: bytes


class SubmitArtifact:
    """The same submission twice gives the same artifact; a changed one gives the next version."""

    def __init__(
        self, *, unit_of_work: UnitOfWork, object_store: ObjectStore, clock: Clock, ids: IdSource
    ) -> None:
        self._unit_of_work = unit_of_work
        self._object_store = object_store
        self._clock = clock
        self._ids = ids

    async def submit(self, submission: Submission) -> Artifact:
        """The artifact of `submission`, in DRAFT when it is new.

        The objects are written before the row, so that a row never names an object that is not there.
        """
        strategy = load_strategy(submission.source.bundle, submission.source.entry)
        strategy_params(strategy, submission.params)
        async with self._unit_of_work.begin() as transaction:
            versions = await transaction.artifacts.list(name=submission.source.name)
        same = _same(versions, submission)
        if same is not None:
            return same
        payload = build_payload(submission, version=f"1.0.{len(versions)}")
        encoded = payload.encoded()
        report_key = await self._put_objects(submission, payload, encoded)
        return await self._add(payload, encoded, report_key)

    async def _put_objects(self, submission: Submission, payload: ArtifactPayload, encoded: bytes) -> str:
        report_key = f"reports/{sha256_of(submission.report).removeprefix('sha256:')}.html"
        await self._object_store.put(bundle_key(payload.bundle_sha256), submission.source.bundle.encoded())
        await self._object_store.put(payload_key(sha256_of(encoded)), encoded)
        await self._object_store.put(golden_suite_key(payload.golden_suite_sha256), submission.golden_suite)
        await self._object_store.put(report_key, submission.report)
        return report_key

    async def _add(self, payload: ArtifactPayload, encoded: bytes, report_key: str) -> Artifact:
        now = self._clock.now()
        artifact = Artifact(
            artifact_id=self._ids.new_id(),
            name=payload.name,
            version=payload.version,
            author=payload.author,
            payload=encoded,
            payload_sha256=sha256_of(encoded),
            created_at=now,
        )
        data: Json = {"payload_sha256": artifact.payload_sha256, "report_key": report_key}
        async with self._unit_of_work.begin() as transaction:
            entry = await transaction.audit.append(
                AuditEvent("artifact.submitted", artifact.artifact_id, artifact.author, now, data)
            )
            await transaction.artifacts.add(artifact, entry=entry, reason="submitted")
            await transaction.events.publish("artifact", subject=artifact.artifact_id)
        return artifact


def build_payload(submission: Submission, *, version: str) -> ArtifactPayload:
    """The payload of `submission`; InvalidValue names a field that cannot be."""
    data, evidence = submission.data, submission.evidence
    document: Json = {
        "schema": SCHEMA,
        "name": submission.source.name,
        "version": version,
        "author": submission.author,
        "golden_suite_sha256": sha256_of(submission.golden_suite),
        "code": {
            "repo": submission.source.repo,
            "commit": submission.source.commit,
            "bundle_sha256": submission.source.bundle.sha256,
            "entry": submission.source.entry,
        },
        "env": {"python": submission.environment.python, "lock_sha256": submission.environment.lock_sha256},
        "params": {name: _spelled(value) for name, value in submission.params.items()},
        "data": {
            "manifest_sha256": data.manifest_sha256,
            "from": timestamp(data.first_end),
            "to": timestamp(data.last_end),
            "symbols": sorted(data.symbols),
            "vendor": data.vendor,
            **_unless_daily(data.timeframe),
        },
        "risk": {
            "max_position_pct": _spelled(submission.risk.max_position_fraction),
            "max_daily_loss": _spelled(submission.risk.max_daily_loss),
            "allowed_order_types": sorted(submission.risk.allowed_order_types),
            "max_order_notional": _spelled(submission.risk.max_order_notional),
            "max_orders_per_min": submission.risk.max_orders_per_minute,
            "price_collar_pct": _spelled(submission.risk.price_collar_fraction),
            "venues": sorted(submission.risk.venues),
            **_if_any(submission.risk.auto_approve_confidence),
        },
        "backtest": {
            "run_id": evidence.run_id,
            "engine_version": evidence.engine_version,
            "seed": evidence.seed,
            "trials": evidence.trials,
            "orders_sha256": evidence.orders_sha256,
            "metrics": {name: _spelled(value) for name, value in evidence.metrics.items()},
        },
    }
    return payload_of(document)


def _unless_daily(timeframe: Timeframe) -> dict[str, Json]:
    return {} if timeframe is Timeframe.DAY else {"timeframe": str(timeframe)}


def _if_any(auto_approve_confidence: Decimal | None) -> dict[str, Json]:
    if auto_approve_confidence is None:
        return {}
    return {"auto_approve_confidence": _spelled(auto_approve_confidence)}


def _spelled(value: int | Decimal) -> int | str:
    return value if isinstance(value, int) else format(value.normalize(), "f")


def _same(versions: Sequence[Artifact], submission: Submission) -> Artifact | None:
    """The newest version that differs from `submission` in its number only and is still in use."""
    ended = {ArtifactState.REVOKED, ArtifactState.DEPRECATED}
    for artifact in reversed(versions):
        expected = build_payload(submission, version=artifact.version).encoded()
        if artifact.state not in ended and artifact.payload == expected:
            return artifact
    return None
