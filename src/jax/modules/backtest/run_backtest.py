"""Runs a strategy over the bars of many symbols with one shared cash account.

A decision is taken at the close of a bar from that bar and those before it, and becomes an order for the
symbol's next bar. One position per symbol: a decision enters when the symbol is flat, an opposite one closes,
any other is passed over. A position also ends at its stop or first target within a bar's range, from the bar
of its entry on: at the open when the open lies beyond them already, at the stop when one bar's range holds
both.
docs/backtest-engine.md has all the rules.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, localcontext
from typing import Any

from jax.domain.backtest_result import BacktestResult
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.bar import Bar
from jax.domain.data_calendar import bars_a_year
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.strategy import Strategy
from jax.modules.backtest.bar_panel import BarPanel, moments_at, panel_of_bars
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.rules import rules_of
from jax.modules.backtest.measure import alpha_and_beta, returns_of
from jax.modules.backtest.metrics_of_statistics import figures_of, rounded
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.reference_series import benchmark_returns, compounded, trend_before
from jax.modules.backtest.result_of_run import (
    RunContext,
    curve_of,
    exactly,
    open_positions_of,
    orders_of,
    refused_of,
    trades_of,
)
from jax.modules.backtest.run_account import (
    AccountRun,
    decided_by_kernel,
    decided_on,
    decided_plainly,
    run_account,
)
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.ports.kernel_compiler import KernelCompiler

ENGINE_VERSION = "jax-bars-3"
# Whatever the caller's context: the digits that the trader's position sizing divides with.
_DIGITS = Context(prec=28, rounding=ROUND_HALF_EVEN)

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class BacktestInputs:
    """A strategy with its parameters, the bars of each symbol (oldest first) and their instruments.

    `market` and `sectors` (by symbol) are series whose trends the strategy may see, `benchmark` is what the
    result is compared with.
    """

    strategy: Strategy
    params: Any
    bars: Mapping[str, Sequence[Bar]]
    instruments: Mapping[str, Instrument]
    settings: BacktestSettings
    benchmark: Sequence[Bar] = ()
    market: Sequence[Bar] = ()
    sectors: Mapping[str, Sequence[Bar]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompiledStrategy:
    """How to run the strategy's loops compiled: `identity` stands for its source."""

    identity: str
    compiler: KernelCompiler


def run_backtest(
    inputs: BacktestInputs, progress: Progress | None = None, compiled: CompiledStrategy | None = None
) -> BacktestResult:
    """The run's orders, trades, equity at every bar end and metrics; equal inputs give an equal result.

    As plain Python, or `compiled` to the same bits. `progress` hears of (bar ends done, all bar ends) now and
    then. InvalidValue names what is wrong: parameters that the strategy does not take, or what panel_of_bars
    refuses.
    """
    check_params(inputs.strategy, inputs.params)
    panel = panel_of_inputs(inputs)
    decisions = _decisions(inputs, panel, progress, compiled)
    compiler = PlainKernels() if compiled is None else compiled.compiler
    rules = rules_of(inputs.settings)
    run = run_account(panel, decided_on(panel, decisions), rules, compiler)
    if progress is not None:
        progress(len(panel.moments), len(panel.moments))
    with localcontext(_DIGITS):
        return _result(run, RunContext(panel, inputs.instruments, inputs.strategy, inputs.settings), inputs)


def check_params(strategy: Strategy, params: Any) -> None:
    """InvalidValue when the strategy does not take `params`."""
    problem = strategy.check_params(params)
    if problem:
        raise InvalidValue("params", f"{strategy.name} {problem}")


def panel_of_inputs(inputs: BacktestInputs) -> BarPanel:
    """The bars of `inputs` with the trends that the strategy may see."""
    panel = panel_of_bars(inputs.bars, inputs.instruments)
    columns = panel.arrays.columns
    if inputs.market:
        columns.market_trend[:] = trend_before(inputs.market, panel.starts)
    for number, symbol in enumerate(panel.symbols):
        if symbol in inputs.sectors:
            rows = slice(panel.first[number], panel.first[number + 1])
            columns.sector_trend[rows] = trend_before(inputs.sectors[symbol], panel.starts[rows])
    return panel


def _decisions(
    inputs: BacktestInputs, panel: BarPanel, progress: Progress | None, compiled: CompiledStrategy | None
) -> list[Floats]:
    moments, symbols = len(panel.moments), len(panel.symbols)
    found = []
    for number in range(symbols):
        columns = panel.columns(number)
        if compiled is None:
            found.append(decided_plainly(inputs.strategy, inputs.params, columns))
        else:
            kernels = StrategyKernels(inputs.strategy, compiled.identity, compiled.compiler)
            found.append(decided_by_kernel(kernels, inputs.params, columns))
        if progress is not None:
            progress(moments * number // symbols, moments)
    return found


def _result(run: AccountRun, context: RunContext, inputs: BacktestInputs) -> BacktestResult:
    settings = inputs.settings
    ends = moments_at(context.panel.moments)
    a_year = bars_a_year(ends)
    figures = figures_of(
        run.statistics,
        initial_cash=float(settings.initial_cash),
        bars_a_year=a_year,
        years=len(context.panel.moments) / a_year,
    )
    curve = curve_of(run, ends)
    worth: list[float] = []
    if inputs.benchmark:
        returns = benchmark_returns(inputs.benchmark, context.panel.moments)
        own = returns_of(curve, initial=settings.initial_cash)
        alpha, beta = alpha_and_beta(own, benchmark=returns, times=a_year)
        figures = {**figures, "alpha": alpha, "beta": beta}
        worth = compounded(float(settings.initial_cash), returns)
    return BacktestResult(
        settings=settings,
        orders=orders_of(run, context),
        trades=trades_of(run, context),
        open_positions=open_positions_of(run, context),
        equity=curve,
        metrics=rounded(figures),
        refused=refused_of(run),
        benchmark=tuple(exactly(value) for value in worth),
    )
