"""Medians of repeated measurements, and how to print them."""

import statistics
import time
from collections.abc import Callable


def median_seconds(work: Callable[[], object], *, rounds: int) -> float:
    """The median wall time of `work` over `rounds` calls, after one that does not count."""
    work()
    return statistics.median(_seconds(work) for _ in range(rounds))


def quantiles_ms(seconds: list[float]) -> str:
    """p50 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.2f} ms"


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
