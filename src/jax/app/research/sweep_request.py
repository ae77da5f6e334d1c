"""A sweep as it was asked for, and what is read for it."""

import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from jax.app.research.backtest_run import References
from jax.app.research.bar_window import (
    BarWindow,
    ReferenceSeries,
    WantedBars,
    read_reference,
    read_window,
)
from jax.app.research.named_strategy import NamedStrategy, named_strategy
from jax.domain.backtest_settings import BacktestSettings, settings_document
from jax.domain.canonical_json import Json, canonical_bytes
from jax.domain.derived_id import derived_id
from jax.domain.errors import InvalidValue
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.parameter_sets import ParameterSets, grid_of, parse_axes, sample_of
from jax.modules.backtest.run_backtest import ENGINE_VERSION, BacktestInputs, panel_of_inputs
from jax.modules.backtest.sweep import check_metric
from jax.ports.market_data import MarketData
from jax.ports.series_register import SeriesRegister
from jax.ports.strategy_catalog import StrategyCatalog


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """A strategy by name under many parameters, on the bars that end within [`data_from`, `data_to`] (UTC).

    `params` are texts as parse_axes reads them; of their combinations all are tried, or `sample` of them that
    are drawn by `seed`. `by` is the metric that says which set is best. `symbols` empty means every series
    with bars in the window; `benchmark` is what the best is compared with, `market` the series whose trend
    the strategy may see.
    """

    strategy: str
    params: tuple[str, ...]
    data_from: datetime | None = None
    data_to: datetime | None = None
    symbols: tuple[str, ...] = ()
    benchmark: str | None = None
    market: str | None = None
    settings: BacktestSettings = field(default_factory=BacktestSettings)
    sample: int | None = None
    seed: int = 0
    by: str = "sharpe"


@dataclass(frozen=True, slots=True, eq=False)
class PreparedSweep:
    """A request with everything that it names: its strategy, parameter sets and bars."""

    request: SweepRequest
    named: NamedStrategy
    found: ParameterSets
    window: BarWindow
    references: References
    panel: BarPanel

    @property
    def moments(self) -> int:
        """How many bar ends there are."""
        return len(self.panel.moments)


async def prepared_sweep(
    request: SweepRequest, *, strategies: StrategyCatalog, bars: MarketData, register: SeriesRegister
) -> PreparedSweep:
    """All that `request` names.

    NotFound for an unknown strategy or symbol; InvalidValue for parameters, a metric that there is not, a
    window without bars, a strategy that may not run.
    """
    check_metric(request.by, has_benchmark=request.benchmark is not None)
    named = named_strategy(request.strategy, strategies)
    found = _sets(request, named)
    wanted = WantedBars(data_from=request.data_from, data_to=request.data_to, symbols=request.symbols)
    window = await read_window(wanted, store=bars, register=register)

    async def reference(role: str, symbol: str | None) -> ReferenceSeries | None:
        if symbol is None:
            return None
        return await read_reference(role, symbol, window, store=bars, register=register)

    references = References(
        benchmark=await reference("benchmark", request.benchmark),
        market=await reference("market", request.market),
    )
    inputs = BacktestInputs(
        strategy=named.strategy,
        params=found.sets[0],
        bars=window.bars,
        instruments=window.instruments,
        settings=request.settings,
        market=() if references.market is None else references.market.bars,
    )
    return PreparedSweep(request, named, found, window, references, panel_of_inputs(inputs))


def sweep_id_of(prepared: PreparedSweep, kind: str, **more: Json) -> str:
    """The id of what all this makes: `kind` and letters and digits; a repeat has the same."""
    request, source = prepared.request, prepared.named.source
    sets = np.array([tuple(params) for params in prepared.found.sets], dtype=np.float64)
    benchmark, market = prepared.references.benchmark, prepared.references.market
    spelled = canonical_bytes(
        {
            "settings": settings_document(request.settings),
            "benchmark": None if benchmark is None else benchmark.manifest.sha256,
            "market": None if market is None else market.manifest.sha256,
            "sets": hashlib.sha256(sets.tobytes()).hexdigest(),
            "by": request.by,
            **more,
        }
    )
    manifest = prepared.window.manifest
    return derived_id(
        kind, ENGINE_VERSION, source.entry, source.bundle.sha256, spelled.decode(), manifest.sha256
    )


def _sets(request: SweepRequest, named: NamedStrategy) -> ParameterSets:
    if not (request.seed >= 0):
        raise InvalidValue("seed", f"must not be below zero, not {request.seed}")
    axes = parse_axes(named.strategy, request.params)
    if request.sample is None:
        return grid_of(named.strategy, axes)
    # Not for secrets: a sample that anybody can draw again.
    chance = random.Random(request.seed)  # noqa: S311
    return sample_of(named.strategy, axes, count=request.sample, draw_below=chance.randrange)
