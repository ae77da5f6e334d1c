"""What `jax compare` prints with --json."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from jax.app.research.compare_runs import RunComparison
from jax.modules.backtest.paired_bootstrap import BootstrapComparison
from jax.ports.run_store import KeptRun


def comparison_document(found: RunComparison) -> dict[str, Any]:
    """Both runs, their metrics side by side, and the significance of their difference; null without one."""
    return {
        "a": _kept(found.a),
        "b": _kept(found.b),
        "metrics": {name: {"a": pair.a, "b": pair.b} for name, pair in found.metrics.items()},
        "common_bar_ends": found.common_bar_ends,
        "significance": None if found.significance is None else _significance(found.significance),
        "problem": found.problem,
    }


def _kept(run: KeptRun) -> Mapping[str, Any]:
    return {
        "run_id": run.run_id,
        "strategy": run.strategy,
        "symbols": list(run.symbols),
        "first_end": run.first_end.isoformat(),
        "last_end": run.last_end.isoformat(),
        "params": dict(run.params),
    }


def _significance(found: BootstrapComparison) -> Mapping[str, Any]:
    differences = {"sharpe": found.sharpe, "mean_return": found.mean_return}
    return {
        **{
            name: None
            if difference is None
            else {part: _rounded(value) for part, value in asdict(difference).items()}
            for name, difference in differences.items()
        },
        "samples": found.samples,
        "block": found.block,
    }


def _rounded(value: float) -> Decimal:
    """Six digits: what is estimated from resamples has no more."""
    return Decimal(f"{value:.6g}")
