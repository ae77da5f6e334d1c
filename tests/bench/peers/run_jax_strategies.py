"""The sweep of 1,000 sets over 100,000 bars, for any strategy that Jax ships.

`python -m tests.bench.peers.run_jax_strategies STRATEGY FOLDER SETS` prints one line of JSON. A run of two
sets leaves what is compiled in the folder; the next one does not count the compiler's memory.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from jax.adapters.compute.numba_kernels import NumbaKernels
from jax.domain.strategy import Strategy
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.strategy_kernels import StrategyKernels
from tests.bench.peers.jax_account import panel_of
from tests.bench.peers.measuring import peak_rss_mb
from tests.bench.peers.run_jax import ALL_IN, statistics_of_sets
from tests.bench.peers.works import WORKS

_SETTINGS = replace(ALL_IN, short_selling=True)
_ROUNDS = 3


def _over(**fields: Sequence[Any]) -> Callable[[Any], list[Any]]:
    """Every pair of two fields' values, 1,000 of them, in place of the defaults."""
    (one, ones), (other, others) = fields.items()
    return lambda params: [params._replace(**{one: a, other: b}) for a in ones for b in others]


_SETS: Mapping[str, Callable[[Any], list[Any]]] = {
    "buy_and_hold": lambda params: [params] * 1_000,
    "ma_crossover_v1": _over(fast=range(10, 50), slow=range(200, 225)),
    "macd_crossover_v1": _over(fast=range(5, 25), slow=range(25, 75)),
    "rsi_momentum_v1": _over(length=range(5, 45), oversold=[25.0 + 0.5 * step for step in range(25)]),
    "rsi_tema_bb_v1": _over(strength_length=range(5, 45), band_length=range(10, 35)),
    "sma_crossover_v1": _over(fast=range(5, 45), slow=range(50, 75)),
    "trendline_break_v1": _over(length=range(20, 60), threshold=[0.5 + 0.1 * step for step in range(25)]),
}


def main() -> None:
    """The strategy that the command line names."""
    name, folder, count = sys.argv[1:]
    (entry,) = entry_points(group="jax.strategies", name=name)
    strategy: Strategy = entry.load()
    panel = panel_of(WORKS["sweep"])
    sets = _SETS[name](strategy.params)[: int(count)]
    kernels = StrategyKernels(strategy, f"bench {name}", NumbaKernels(Path(folder)))
    statistics_of_sets(kernels, panel, sets[:2], _SETTINGS)
    taken = []
    trades = 0.0
    for _ in range(_ROUNDS):
        started, cpu = time.perf_counter(), time.process_time()
        found = statistics_of_sets(kernels, panel, sets, _SETTINGS)
        taken.append((time.perf_counter() - started, time.process_time() - cpu))
        trades = float(found[:, RunStatistics._fields.index("trades")].mean())
    seconds, cpu_seconds = map(min, zip(*taken, strict=True))
    line = {
        "strategy": name,
        "sets": len(sets),
        "trades_a_set": trades,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_rss_mb": peak_rss_mb(),
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
