"""A backtest as it was asked for, and as it came out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from jax.app.research.bar_window import BarWindow, ReferenceSeries
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.backtest_result import BacktestResult
from jax.domain.backtest_settings import BacktestSettings, settings_document
from jax.domain.canonical_json import canonical_bytes
from jax.domain.decimal_text import plain
from jax.domain.derived_id import derived_id
from jax.modules.backtest.data_manifest import DataManifest
from jax.modules.backtest.run_backtest import ENGINE_VERSION
from jax.ports.backtest_report import ReportContent, ReportSeries, SeriesUse
from jax.ports.strategy_catalog import StrategySource


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """A strategy by name on the bars that end within [`data_from`, `data_to`] (UTC; None is open).

    `symbols` empty means every series with bars in the window; `params` replace the strategy's defaults.
    `benchmark` is what the result is compared with, `market` the series whose trend the strategy may see:
    symbols of series that are in the home too.
    """

    strategy: str
    data_from: datetime | None = None
    data_to: datetime | None = None
    symbols: tuple[str, ...] = ()
    params: Mapping[str, int | Decimal] = field(default_factory=dict)
    settings: BacktestSettings = field(default_factory=BacktestSettings)
    benchmark: str | None = None
    market: str | None = None


@dataclass(frozen=True, slots=True)
class References:
    """The series beside those that are traded."""

    benchmark: ReferenceSeries | None = None
    market: ReferenceSeries | None = None


@dataclass(frozen=True, slots=True)
class BacktestOutcome:
    """A finished run; `run_id` follows from everything that went in, so a repeat has the same."""

    run_id: str
    source: StrategySource
    params: Mapping[str, int | Decimal]
    manifest: DataManifest
    references: References
    result: BacktestResult
    evidence: BacktestEvidence
    report: bytes

    @property
    def hashes(self) -> Mapping[str, str]:
        """The hashes of what went in and of what came out, named as they are to be read."""
        found = {
            "source bundle": self.source.bundle.sha256,
            "orders": self.evidence.orders_sha256,
            "data manifest": self.manifest.sha256,
        }
        references = self.references
        for name, series in (("benchmark", references.benchmark), ("market", references.market)):
            if series is not None:
                found[f"{name} manifest"] = series.manifest.sha256
        return found


@dataclass(frozen=True, slots=True)
class BacktestRun(BacktestOutcome):
    """A run with all that an artifact needs.

    `golden_suite` is encoded: what the strategy decided on a few windows of these bars.
    """

    golden_suite: bytes


def run_id_of(
    source: StrategySource,
    params: Mapping[str, int | Decimal],
    settings: BacktestSettings,
    manifest: DataManifest,
    references: References,
) -> str:
    """The id of the run that all this makes."""
    market = references.market
    spelled = canonical_bytes(
        {
            "params": {name: plain(Decimal(value)) for name, value in params.items()},
            "settings": settings_document(settings),
            "benchmark": None if references.benchmark is None else references.benchmark.manifest.sha256,
            "market": None if market is None else market.manifest.sha256,
        }
    )
    return derived_id(
        "bt", ENGINE_VERSION, source.entry, source.bundle.sha256, spelled.decode(), manifest.sha256
    )


def report_of(outcome: BacktestOutcome, window: BarWindow) -> ReportContent:
    """What the report of `outcome` tells; `window` has the bars that were traded."""
    benchmark, market = outcome.references.benchmark, outcome.references.market
    looked_at = ((benchmark, SeriesUse.BENCHMARK), (market, SeriesUse.MARKET_TREND))
    return ReportContent(
        strategy=outcome.source.name,
        run_id=outcome.run_id,
        engine_version=ENGINE_VERSION,
        vendor=outcome.manifest.vendor,
        currency=next(iter(window.instruments.values())).currency,
        params=outcome.params,
        series=(
            *_series(outcome.manifest, SeriesUse.TRADED, window),
            *(
                entry
                for series, use in looked_at
                if series is not None
                for entry in _series(series.manifest, use)
            ),
        ),
        hashes=outcome.hashes,
        result=outcome.result,
        **({} if benchmark is None else {"benchmark": benchmark.symbol}),
    )


def _series(
    manifest: DataManifest, use: SeriesUse, window: BarWindow | None = None
) -> tuple[ReportSeries, ...]:
    return tuple(
        ReportSeries(
            entry.symbol,
            entry.bars,
            entry.first_end,
            entry.last_end,
            closes=() if window is None else tuple((bar.end, bar.close) for bar in window.bars[entry.symbol]),
            used_for=use,
            sha256=entry.sha256,
        )
        for entry in manifest.series
    )
