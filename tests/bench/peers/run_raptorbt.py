"""raptorbt: Rust, over signals that are made beforehand; a sweep uses all cores."""

import importlib
import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import FEES, INITIAL_CASH, Columns, Work, columns

raptorbt: Any = importlib.import_module("raptorbt")

# Each result keeps its curves, so that all at once would take gigabytes.
_SETS_AT_A_TIME = 50


def prepare(work: Work) -> Callable[[], float]:
    """One account a symbol, or a set."""
    series = [columns(symbol, work.bars) for symbol in range(work.symbols)]
    config = raptorbt.BacktestConfig(initial_capital=INITIAL_CASH, fees=FEES, fill_timing="next_bar_open")

    def run() -> float:
        if len(work.pairs) > 1:
            return _sweep(series[0], work.pairs, config)
        equities = [_one(bars, *work.pairs[0], config) for bars in series]
        return equities[0]

    return run


def _one(bars: Columns, fast: int, slow: int, config: Any) -> float:
    above = _above(raptorbt.sma(bars.close, fast), raptorbt.sma(bars.close, slow))
    entries, exits = _signals(above)
    result = raptorbt.run_single_backtest(*_arguments(bars), entries, exits, 1, 1.0, "ONE", config)
    return _final_equity(result)


def _sweep(bars: Columns, pairs: Sequence[tuple[int, int]], config: Any) -> float:
    means = {
        length: raptorbt.sma(bars.close, length) for length in sorted({one for pair in pairs for one in pair})
    }
    equities = []
    for start in range(0, len(pairs), _SETS_AT_A_TIME):
        items = []
        for fast, slow in pairs[start : start + _SETS_AT_A_TIME]:
            entries, exits = _signals(_above(means[fast], means[slow]))
            items.append(raptorbt.BatchSingleItem(f"{fast}/{slow}", entries, exits, 1, 1.0, "ONE"))
        results = raptorbt.batch_single_backtest(*_arguments(bars), items, config)
        equities += [_final_equity(result) for _, result in results]
    return equities[0]


def _above(fast: Any, slow: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return fast > slow


def _signals(above: Any) -> tuple[Any, Any]:
    entries, exits = np.zeros_like(above), np.zeros_like(above)
    np.greater(above[1:], above[:-1], out=entries[1:])
    np.less(above[1:], above[:-1], out=exits[1:])
    return entries, exits


def _arguments(bars: Columns) -> tuple[Any, ...]:
    return (bars.end_ns, bars.open, bars.high, bars.low, bars.close, bars.volume)


def _final_equity(result: Any) -> float:
    return INITIAL_CASH * (1.0 + float(result.metrics.total_return_pct) / 100.0)


if __name__ == "__main__":
    tell(Peer("raptorbt", importlib.metadata.version("raptorbt")), prepare, shares={})
