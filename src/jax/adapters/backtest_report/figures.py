"""What the page tells of a run beyond its metrics, computed once."""

from collections.abc import Mapping
from dataclasses import dataclass

from jax.adapters.backtest_report.curve import returns_of
from jax.adapters.backtest_report.distribution import Distribution, distribution
from jax.adapters.backtest_report.periods import Return, monthly_returns, yearly_returns
from jax.adapters.backtest_report.rolling_sharpe import rolling_sharpe, sharpe_window
from jax.adapters.backtest_report.wording import every_bar_a_day, money_places
from jax.domain.data_calendar import bars_a_year
from jax.ports.backtest_report import ReportContent


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """Returns by month (year, month) and year, their distribution, and the Sharpe ratio of each `window`.

    `benchmark_years` is empty without a benchmark, `sharpe` has a value or None for each bar end. A date
    names a bar when the bars are `daily`; money is told to `places` places.
    """

    daily: bool
    places: int
    months: Mapping[tuple[int, int], Return]
    years: Mapping[int, Return]
    benchmark_years: Mapping[int, Return]
    returns: Distribution
    window: int
    sharpe: list[float | None]


def report_figures(content: ReportContent) -> ReportFigures:
    """The figures of the content's result."""
    result = content.result
    initial = result.settings.initial_cash
    curve = [(point.end, point.equity) for point in result.equity]
    ends = [end for end, _ in curve]
    returns = returns_of([float(equity) for _, equity in curve], float(initial))
    a_year = bars_a_year(ends)
    window = sharpe_window(returns=len(returns), a_year=a_year)
    return ReportFigures(
        daily=every_bar_a_day(ends),
        places=money_places(initial),
        months=monthly_returns(curve, initial),
        years=yearly_returns(curve, initial),
        benchmark_years=yearly_returns(zip(ends, result.benchmark, strict=False), initial),
        returns=distribution(returns),
        window=window,
        sharpe=rolling_sharpe(returns, window=window, a_year=a_year),
    )
