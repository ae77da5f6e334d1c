"""What is told and kept of sweeps and walks."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.app.research.sweep_request import PreparedSweep
from jax.app.research.sweep_run import SweepOutcome
from jax.domain.backtest_result import BacktestMetrics
from jax.domain.backtest_settings import settings_document
from jax.domain.canonical_json import Json
from jax.domain.decimal_text import plain
from jax.modules.backtest.bar_panel import moment_at
from jax.modules.backtest.cross_validation import FoldTest
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_statistics import rounded
from jax.modules.backtest.sweep import AGAINST_BENCHMARK, COMPARED, named_figures
from jax.modules.backtest.walk_forward import WalkForward
from jax.ports.sweep_store import KeptSweep, SetColumns

_COUNTED = frozenset({"max_drawdown_bars", "trades"})
# What takes a benchmark, which the sets are not compared with.
_NOT_COMPARED = {"alpha": None, "beta": None}


def sweep_document(outcome: SweepOutcome, *, sweep_id: str, top: int) -> dict[str, Json]:
    """What was asked for and what it came to, with the `top` (>= 1) best sets; decimals as texts."""
    first, *others = outcome.order[:top].tolist()
    best = [(first, outcome.best), *((number, _metrics_of(outcome, number)) for number in others)]
    evidence = outcome.evidence
    return {
        "sweep_id": sweep_id,
        **request_document(outcome.prepared),
        "best": [
            {"params": params_document(outcome.swept.sets[number]), "metrics": metrics_document(metrics)}
            for number, metrics in best
        ],
        "evidence": {
            "trials": evidence.trials,
            "deflated_sharpe": _told(evidence.deflated_sharpe),
            "pbo": _told(evidence.pbo),
        },
        **({"cross_validation": _folds(outcome.folds, outcome.prepared)} if outcome.folds else {}),
    }


def walk_document(walked: WalkForward, prepared: PreparedSweep) -> dict[str, Json]:
    """What was asked for, each window with its choice, and what they came to one after the other."""
    return {
        **request_document(prepared),
        "windows": [
            {
                "train": _span(prepared, step.window.train),
                "test": _span(prepared, step.window.test),
                "params": params_document(step.params),
                "in_sample": metrics_document(step.in_sample),
                "out_of_sample": metrics_document(step.out_of_sample),
            }
            for step in walked.steps
        ],
        "metrics": metrics_document(walked.metrics),
        "efficiency": _told(walked.efficiency),
    }


def request_document(prepared: PreparedSweep) -> dict[str, Json]:
    """What was asked for, and what was found for it."""
    request, manifest = prepared.request, prepared.window.manifest
    references = {"benchmark": request.benchmark, "market": request.market}
    return {
        "strategy": request.strategy,
        "symbols": list(prepared.panel.symbols),
        "bars": len(prepared.panel.ends),
        "first_end": manifest.first_end.isoformat(),
        "last_end": manifest.last_end.isoformat(),
        **{name: symbol for name, symbol in references.items() if symbol is not None},
        "params": list(request.params),
        **({} if request.sample is None else {"sample": request.sample, "seed": request.seed}),
        "sets": len(prepared.found.sets),
        "refused": prepared.found.refused,
        "by": request.by,
        "settings": settings_document(request.settings),
        "bundle_sha256": prepared.named.source.bundle.sha256,
        "manifest_sha256": manifest.sha256,
    }


def kept_sweep(
    outcome: SweepOutcome, document: Mapping[str, Json], *, sweep_id: str, kept_at: datetime
) -> KeptSweep:
    """The sweep as it is kept: every set with its parameters, metrics and statistics."""
    names = outcome.prepared.named.strategy.params._fields
    sets, statistics = outcome.swept.sets, outcome.swept.found.statistics
    return KeptSweep(
        sweep_id=sweep_id,
        kept_at=kept_at,
        summary=document,
        params={name: [params[place] for params in sets] for place, name in enumerate(names)},
        metrics=_metric_columns(outcome),
        statistics={name: statistics[:, place].tolist() for place, name in enumerate(RunStatistics._fields)},
    )


def metrics_document(metrics: BacktestMetrics) -> dict[str, Json]:
    """The metrics that are defined."""
    return {name: plain(value) for name, value in metrics.defined().items()}


def params_document(params: Any) -> dict[str, Json]:
    """A parameter tuple by name."""
    return {
        name: value if isinstance(value, int) else plain(Decimal(repr(value)))
        for name, value in params._asdict().items()
    }


def _metrics_of(outcome: SweepOutcome, number: int) -> BacktestMetrics:
    compared = _NOT_COMPARED if outcome.against is None else _named(outcome.against[number])
    return rounded({**named_figures(outcome.figures[number]), **compared})


def _named(against: Floats) -> dict[str, float | None]:
    return {
        name: None if math.isnan(value) else value
        for name, value in zip(AGAINST_BENCHMARK, against.tolist(), strict=True)
    }


def _metric_columns(outcome: SweepOutcome) -> SetColumns:
    figures, against = outcome.figures, outcome.against
    columns = dict(zip(COMPARED, figures.T.tolist(), strict=True))
    if against is not None:
        columns |= dict(zip(AGAINST_BENCHMARK, against.T.tolist(), strict=True))
    return {name: [_stored(name, value) for value in values] for name, values in columns.items()}


def _stored(name: str, value: float) -> int | float | None:
    if math.isnan(value):
        return None
    return int(value) if name in _COUNTED else value


def _folds(folds: Sequence[FoldTest], prepared: PreparedSweep) -> list[Json]:
    return [
        {
            "test": _span(prepared, fold.choice.fold.test),
            "params": params_document(fold.choice.params),
            "training_sharpe": _told(fold.choice.training_sharpe),
            "metrics": metrics_document(fold.metrics),
        }
        for fold in folds
    ]


def _span(prepared: PreparedSweep, moments: tuple[int, int]) -> dict[str, Json]:
    ends = prepared.panel.moments
    return {
        "first_end": moment_at(ends[moments[0]]).isoformat(),
        "last_end": moment_at(ends[moments[1] - 1]).isoformat(),
        "bar_ends": moments[1] - moments[0],
    }


def _told(value: Any) -> str | None:
    return None if value is None else plain(value)
