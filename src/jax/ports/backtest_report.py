"""A backtest, for people to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from jax.domain.backtest_result import BacktestResult


@dataclass(frozen=True, slots=True)
class ReportSeries:
    """One symbol's bars in the run: how many, and the ends of the first and the last."""

    symbol: str
    bars: int
    first_end: datetime
    last_end: datetime


@dataclass(frozen=True, slots=True)
class ReportContent:
    """Everything the report tells; `hashes` are named as they are to be read, money is in `currency`."""

    strategy: str
    run_id: str
    engine_version: str
    vendor: str
    currency: str
    params: Mapping[str, int | Decimal]
    series: tuple[ReportSeries, ...]
    hashes: Mapping[str, str]
    result: BacktestResult


class BacktestReporter(Protocol):
    """Writes a report as one document."""

    def render(self, content: ReportContent) -> bytes:
        """The document, complete in itself; equal contents give equal bytes. Unavailable."""
        ...
