"""The points of the charts."""

from typing import Any

from jax.ports.backtest_report import ReportContent

# More points than a screen has columns, and the page stays below one megabyte.
_MOST_POINTS = 8000


def chart_data(content: ReportContent) -> dict[str, Any]:
    """Times in seconds, equity in currency to the cent, drawdown as a positive fraction.

    A longer curve is thinned: of each stretch the first point and the deepest one stay, and the last of all.
    """
    highest = float(content.result.settings.initial_cash)
    times, equities, depths = [], [], []
    for point in content.result.equity:
        equity = float(point.equity)
        highest = max(highest, equity)
        times.append(int(point.end.timestamp()))
        equities.append(round(equity, 2))
        depths.append(round((highest - equity) / highest, 6))
    rows = _kept(depths)
    return {
        "currency": content.currency,
        "time": [times[row] for row in rows],
        "equity": [equities[row] for row in rows],
        "drawdown": [depths[row] for row in rows],
    }


def _kept(depths: list[float]) -> list[int]:
    if len(depths) <= _MOST_POINTS:
        return list(range(len(depths)))
    stretch = 2 * -(-len(depths) // _MOST_POINTS)
    kept = {len(depths) - 1}
    for start in range(0, len(depths), stretch):
        rows = range(start, min(start + stretch, len(depths)))
        kept.update((start, max(rows, key=depths.__getitem__)))
    return sorted(kept)
