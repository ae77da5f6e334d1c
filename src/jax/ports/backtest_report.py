"""A backtest, for people to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from jax.domain.backtest_result import BacktestResult
from jax.domain.errors import InvalidValue


class SeriesUse(StrEnum):
    """What a run does with a series: a decision may become an order only in the first kind."""

    TRADED = "traded"
    BENCHMARK = "benchmark"
    MARKET_TREND = "market trend"
    SECTOR_TREND = "sector trend"


@dataclass(frozen=True, slots=True)
class ReportSeries:
    """One symbol's bars in the run: how many, and the ends of the first and the last.

    `closes`, the ends of bars with their closes (above zero), oldest first, are drawn with the trades of the
    symbol; without them there is no chart. `sha256` is the hash over the bars, empty where it is not known.
    """

    symbol: str
    bars: int
    first_end: datetime
    last_end: datetime
    closes: Sequence[tuple[datetime, Decimal]] = ()
    used_for: SeriesUse = SeriesUse.TRADED
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ReportContent:
    """Everything the report tells; `hashes` are named as they are to be read, money is in `currency`.

    At least one series is traded. `benchmark` names what `result.benchmark` is worth. InvalidValue when the
    result has no bar end, or a benchmark that is not worth something at each of them.
    """

    strategy: str
    run_id: str
    engine_version: str
    vendor: str
    currency: str
    params: Mapping[str, int | Decimal]
    series: tuple[ReportSeries, ...]
    hashes: Mapping[str, str]
    result: BacktestResult
    benchmark: str = "benchmark"

    def __post_init__(self) -> None:
        points, worths = len(self.result.equity), len(self.result.benchmark)
        if not points:
            raise InvalidValue("result.equity", "has no bar end: there is nothing to report")
        if worths not in (0, points):
            raise InvalidValue("result.benchmark", f"has {worths} values for {points} bar ends")
        if not any(series.used_for is SeriesUse.TRADED for series in self.series):
            raise InvalidValue("series", "none is traded: name the bars that the run was over")


class BacktestReporter(Protocol):
    """Writes a report as one document."""

    def render(self, content: ReportContent) -> bytes:
        """The document, complete in itself; equal contents give equal bytes. Unavailable."""
        ...
