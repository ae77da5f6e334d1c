"""What the charts over time draw: equity, benchmark, drawdown, rolling Sharpe ratio."""

from collections.abc import Sequence
from typing import Any

from jax.adapters.backtest_report.thinning import kept_rows, steps, times_of, whole
from jax.ports.backtest_report import ReportContent


def returns_of(equities: Sequence[float], initial: float) -> list[float]:
    """Simple returns from bar end to bar end, the first from `initial`; 0 where nothing was left before."""
    befores = (initial, *equities)
    return [
        after / before - 1 if before > 0 else 0.0 for before, after in zip(befores, equities, strict=False)
    ]


def drawdowns_of(equities: Sequence[float], initial: float) -> list[float]:
    """How far below the highest so far (`initial` included) each lies, as a positive fraction of that."""
    highest = initial
    found = []
    for equity in equities:
        highest = max(highest, equity)
        found.append((highest - equity) / highest)
    return found


def curve_data(
    content: ReportContent, sharpe: Sequence[float | None], *, most: int, places: int
) -> dict[str, Any]:
    """The curve at `most` bar ends or fewer: of each stretch the highest equity and the deepest drawdown.

    Times, equity and benchmark are a first value and steps, money in whole numbers of 10 ** -`places`.
    Drawdown is in hundredths of a per cent, the ratio in hundredths; one that is nowhere defined is empty, as
    is a benchmark that there is not.
    """
    result = content.result
    equities = [float(point.equity) for point in result.equity]
    drawdowns = drawdowns_of(equities, float(result.settings.initial_cash))
    rows = kept_rows((drawdowns, equities), most=most)
    worths = [float(result.benchmark[row]) for row in rows] if result.benchmark else []
    ratios = [sharpe[row] for row in rows]
    return {
        "ends": len(equities),
        **times_of([result.equity[row].end for row in rows]),
        "equity": steps(whole([equities[row] for row in rows], places)),
        "benchmark": steps(whole(worths, places)),
        "drawdown": whole([drawdowns[row] for row in rows], 4),
        "sharpe": _hundredths(ratios) if any(ratio is not None for ratio in ratios) else [],
    }


def _hundredths(ratios: Sequence[float | None]) -> list[int | None]:
    return [None if ratio is None else round(100 * ratio) for ratio in ratios]
