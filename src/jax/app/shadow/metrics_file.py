"""Counters of a validation in Prometheus' text format, for a textfile collector."""

from collections import Counter
from datetime import datetime

from jax.app.shadow.validation_state import ValidationState
from jax.modules.shadow.compare_decisions import DifferenceKind


def metrics_text(state: ValidationState) -> str:
    """Counters only grow while a validation lasts, also over restarts: they are those of its state."""
    kinds = Counter(kind for _, kind in state.seen)
    last = state.runs[-1] if state.runs else None
    lines = [
        *_metric("comparisons_total", "counter", "Comparisons made.", len(state.runs)),
        *_metric("comparison_failures_total", "counter", "Times a record could not be read.", state.failures),
        "# HELP jax_shadow_differences_total Differences found, each once by signal and kind.",
        "# TYPE jax_shadow_differences_total counter",
        *(f'jax_shadow_differences_total{{kind="{kind}"}} {kinds[kind]}' for kind in DifferenceKind),
    ]
    if last is not None:
        at = datetime.fromisoformat(last["at"]).timestamp()
        lines += _metric("compared_signals", "gauge", "Signals in the last comparison.", last["compared"])
        lines += _metric("last_comparison_timestamp_seconds", "gauge", "When it was made.", at)
    return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, meaning: str, value: float) -> list[str]:
    return [
        f"# HELP jax_shadow_{name} {meaning}",
        f"# TYPE jax_shadow_{name} {kind}",
        f"jax_shadow_{name} {value}",
    ]
