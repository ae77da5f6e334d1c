"""What a validator's own run of an artifact's backtest gave, and where it differs from the payload."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from jax.domain import checks, payload_fields
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.canonical_json import Json
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue
from jax.domain.overfitting_figures import OverfittingFigures, figures_of

_HASHES = ("orders_sha256", "manifest_sha256", "golden_suite_sha256")
_TEXTS = ("engine_version", "python")
_CASES = ("golden_passed", "golden_failed")


@dataclass(frozen=True, slots=True)
class Rerun:
    """Made from the payload, the bundle and the validator's own bars, and from nothing the author computed.

    `golden_suite_sha256` is the suite that the validator's run recorded; `golden_passed` and `golden_failed`
    name the cases of the author's suite that the strategy decided as recorded, and the others.
    """

    orders_sha256: str
    manifest_sha256: str
    engine_version: str
    python: str
    metrics: Mapping[str, Decimal]
    overfitting: OverfittingFigures
    golden_suite_sha256: str
    golden_passed: tuple[str, ...]
    golden_failed: tuple[str, ...]

    def __post_init__(self) -> None:
        for field in _HASHES:
            checks.sha256(field, getattr(self, field))
        for field in _TEXTS:
            checks.text(field, getattr(self, field), longest=32)
        for name, value in self.metrics.items():
            checks.finite(f"metrics.{name}", value)

    def document(self) -> dict[str, Json]:
        """The run as JSON: metrics as decimal texts."""
        return {
            **{field: getattr(self, field) for field in (*_HASHES, *_TEXTS)},
            "metrics": {name: plain(value) for name, value in self.metrics.items()},
            "overfitting": self.overfitting.document(),
            **{field: list(getattr(self, field)) for field in _CASES},
        }


def rerun_of(document: Json) -> Rerun:
    """The run that `document()` wrote; InvalidValue names the field that is wrong."""
    keys = frozenset({*_HASHES, *_TEXTS, "metrics", "overfitting", *_CASES})
    found = payload_fields.section("rerun", document, keys=keys)
    metrics = payload_fields.mapping("rerun.metrics", found["metrics"])
    texts = {field: payload_fields.text(f"rerun.{field}", found[field]) for field in (*_HASHES, *_TEXTS)}
    return Rerun(
        **texts,
        metrics={
            name: Decimal(payload_fields.number(f"rerun.metrics.{name}", value))
            for name, value in metrics.items()
        },
        overfitting=figures_of(found["overfitting"]),
        golden_passed=_names("rerun.golden_passed", found["golden_passed"]),
        golden_failed=_names("rerun.golden_failed", found["golden_failed"]),
    )


def differences(payload: ArtifactPayload, rerun: Rerun) -> tuple[str, ...]:
    """One sentence for each thing that the run did not make as the payload says; empty when all is equal.

    Everything is compared exactly: the bars, the engine, the orders, each metric, the golden suite.
    """
    return tuple(_differences(payload, rerun))


def _differences(payload: ArtifactPayload, rerun: Rerun) -> Iterator[str]:
    backtest = payload_fields.mapping("backtest", payload.document["backtest"])
    told = (
        ("data manifest", payload.manifest_sha256, rerun.manifest_sha256),
        ("engine", str(backtest["engine_version"]), rerun.engine_version),
        ("orders", payload.orders_sha256, rerun.orders_sha256),
        *_metrics(payload, rerun),
        ("golden suite", payload.golden_suite_sha256, rerun.golden_suite_sha256),
    )
    for what, said, made in told:
        if said != made:
            yield f"{what}: the payload says {said}, the run made {made}"
    for case in rerun.golden_failed:
        yield f"golden case {case}: the strategy does not decide as recorded"


def _metrics(payload: ArtifactPayload, rerun: Rerun) -> Iterator[tuple[str, str, str]]:
    for name in sorted({*payload.metrics, *rerun.metrics}):
        said, made = (
            "nothing" if value is None else plain(Decimal(value))
            for value in (payload.metrics.get(name), rerun.metrics.get(name))
        )
        yield f"metric {name}", said, made


def _names(field: str, value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidValue(field, "must be a list of names")
    return tuple(payload_fields.text(field, item) for item in value)
