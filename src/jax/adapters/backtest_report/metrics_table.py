"""Every metric of the run by a name that people read."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from jax.adapters.backtest_report.markup import Markup, facts
from jax.adapters.backtest_report.wording import DASH, number, percent, ratio
from jax.ports.backtest_report import ReportContent

_Told = Callable[[Decimal], str]


def _count(value: Decimal) -> str:
    return f"{int(value):,}"


def _times(value: Decimal) -> str:
    return f"{number(value, 2)} times the equity"


# By the field of BacktestMetrics; money is told by the caller, who knows the currency.
_MONEY: tuple[str, ...] = ("average_win", "average_loss", "largest_win", "largest_loss")
METRIC_WORDS: Mapping[str, tuple[str, _Told]] = MappingProxyType(
    {
        "total_return": ("Total return", percent),
        "cagr": ("Compound growth a year", percent),
        "volatility": ("Volatility a year", percent),
        "sharpe": ("Sharpe ratio", ratio),
        "sortino": ("Sortino ratio", ratio),
        "calmar": ("Calmar ratio", ratio),
        "max_drawdown": ("Deepest drawdown", percent),
        "max_drawdown_bars": ("Longest time below a peak, in bars", _count),
        "trades": ("Closed trades", _count),
        "win_rate": ("Trades won", percent),
        "profit_factor": ("Profit factor", ratio),
        "average_win": ("Average win", ratio),
        "average_loss": ("Average loss", ratio),
        "largest_win": ("Largest win", ratio),
        "largest_loss": ("Largest loss", ratio),
        "exposure": ("Time with a position", percent),
        "turnover": ("Turnover a year", _times),
        "alpha": ("Alpha a year", percent),
        "beta": ("Beta", ratio),
    }
)


def metrics_table(content: ReportContent, places: int) -> Markup:
    """Each metric, with a dash for one that is not defined; money has `places` places."""
    money = partial(number, places=places)
    metrics = content.result.metrics
    rows = []
    for field, (name, told) in METRIC_WORDS.items():
        value = getattr(metrics, field)
        if value is None:
            rows.append((name, DASH))
        elif field in _MONEY:
            rows.append((name, f"{money(value)} {content.currency}"))
        else:
            rows.append((name, told(Decimal(value))))
    return facts(rows)
