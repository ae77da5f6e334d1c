"""backtesting.py: one Python call a bar, whole units."""

import importlib
import warnings
from collections.abc import Callable
from typing import Any

from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import FEES, INITIAL_CASH, WORKS, Work, columns

backtesting: Any = importlib.import_module("backtesting")
pandas: Any = importlib.import_module("pandas")

_SHARES = {
    "one_run": WORKS["one_run"]._replace(bars=200_000),
    "sweep": WORKS["sweep"]._replace(pairs=WORKS["sweep"].pairs[::200]),
    "symbols": WORKS["symbols"]._replace(symbols=100),
    "shared_account": WORKS["shared_account"]._replace(symbols=40),
}
_NOTE = "whole units; an account a symbol, all in, whatever the work"


def prepare(work: Work) -> Callable[[], float]:
    """One account a symbol, or a set."""
    frames = [_frame(symbol, work.bars) for symbol in range(work.symbols)]

    def run() -> float:
        equities = []
        for frame in frames:
            test = backtesting.Backtest(frame, _crossover(), cash=INITIAL_CASH, commission=FEES)
            for fast, slow in work.pairs:
                equities.append(float(test.run(fast=fast, slow=slow)["Equity Final [$]"]))
        return equities[0]

    return run


def _frame(symbol: int, bars: int) -> Any:
    made = columns(symbol, bars)
    prices = {name.title(): getattr(made, name) for name in ("open", "high", "low", "close", "volume")}
    return pandas.DataFrame(prices, index=pandas.to_datetime(made.end_ns))


def _mean(values: Any, length: int) -> Any:
    return pandas.Series(values).rolling(length).mean()


def _crossover() -> Any:
    class Crossover(backtesting.Strategy):  # type: ignore[misc]  # the class is not known where mypy runs
        fast = 10
        slow = 30

        def init(self) -> None:
            self.fast_mean = self.I(_mean, self.data.Close, self.fast)
            self.slow_mean = self.I(_mean, self.data.Close, self.slow)
            self.before = False

        def next(self) -> None:
            above = self.fast_mean[-1] > self.slow_mean[-1]
            if above and not self.before:
                self.buy()
            elif self.before and not above:
                self.position.close()
            self.before = above

    return Crossover


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # Its progress bar costs time and says nothing here.
    backtesting.backtesting._tqdm = lambda values, **_: values
    tell(Peer("backtesting.py", backtesting.__version__, _NOTE), prepare, shares=_SHARES)
