"""What one decision in plain Python costs, beside a bare loop that only sums the closes."""

from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.domain.strategy_runner import StrategyRunner
from tests.bench.stopwatch import median_seconds
from tests.replay.record_histories import random_walk


def run() -> None:
    bars = random_walk(1)

    def decide() -> None:
        runner = StrategyRunner(STRATEGY, STRATEGY.params)
        for bar in bars:
            runner.on_bar(bar)

    def bare() -> None:
        total = 0.0
        for bar in bars:
            total += bar.close

    decided, floor = median_seconds(decide, rounds=20), median_seconds(bare, rounds=20)
    print(
        f"decision        {decided / len(bars) * 1e6:8.2f} us a bar   "
        f"({decided / floor:.0f} x a bare loop over the closes; to stay under 100 us)"
    )
