"""backtrader: an event loop in plain Python, one account over any number of series."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import ENTRY_FRACTION, FEES, INITIAL_CASH, WORKS, Work, columns

backtrader: Any = importlib.import_module("backtrader")
pandas: Any = importlib.import_module("pandas")

_SHARES = {
    "one_run": WORKS["one_run"]._replace(bars=20_000),
    "sweep": WORKS["sweep"]._replace(bars=20_000, pairs=WORKS["sweep"].pairs[:1]),
    "symbols": WORKS["symbols"]._replace(symbols=10),
    "shared_account": WORKS["shared_account"]._replace(symbols=10),
}


def prepare(work: Work) -> Callable[[], float]:
    """One account a symbol, or one for all of them."""
    frames = [_frame(symbol, work.bars) for symbol in range(work.symbols)]
    accounts = [frames] if work.one_account else [[frame] for frame in frames]
    strategy = _crossover(all_in=not work.one_account)

    def run() -> float:
        equities = [_final_equity(frames, strategy, pair) for frames in accounts for pair in work.pairs]
        return equities[0]

    return run


def _final_equity(frames: Sequence[Any], strategy: Any, pair: tuple[int, int]) -> float:
    cerebro = backtrader.Cerebro(stdstats=False, cheat_on_open=True)
    for frame in frames:
        cerebro.adddata(backtrader.feeds.PandasData(dataname=frame))
    cerebro.addstrategy(strategy, fast=pair[0], slow=pair[1])
    cerebro.broker.setcash(INITIAL_CASH)
    cerebro.broker.setcommission(commission=FEES)
    cerebro.run()
    return float(cerebro.broker.getvalue())


def _frame(symbol: int, bars: int) -> Any:
    made = columns(symbol, bars)
    values = {name: getattr(made, name) for name in ("open", "high", "low", "close", "volume")}
    return pandas.DataFrame(values, index=pandas.to_datetime(made.end_ns))


def _crossover(*, all_in: bool) -> Any:
    class Crossover(backtrader.Strategy):  # type: ignore[misc]  # the class is not known where mypy runs
        params = (("fast", 10), ("slow", 30))

        def __init__(self) -> None:
            means = backtrader.indicators.SMA
            self.means = [(means(d, period=self.p.fast), means(d, period=self.p.slow)) for d in self.datas]
            self.before = [False] * len(self.datas)
            self.due = [0] * len(self.datas)

        def next(self) -> None:
            for index, (fast, slow) in enumerate(self.means):
                above = fast[0] > slow[0]
                self.due[index] = above - self.before[index]
                self.before[index] = above
            self.worth = self.broker.getvalue()

        def next_open(self) -> None:
            # Before anything fills at this open: an entry may take all the cash, sized by the price it gets.
            for index, data in enumerate(self.datas):
                due = self.due[index]
                if due > 0:
                    self.buy(data=data, size=self.size_of(data))
                elif due < 0:
                    self.close(data=data)

        def size_of(self, data: Any) -> float:
            if all_in:
                return float(self.broker.getcash() / (data.open[0] * (1.0 + FEES)) * (1.0 - 1e-12))
            return float(self.worth * ENTRY_FRACTION // data.close[-1])

    return Crossover


if __name__ == "__main__":
    tell(Peer("backtrader", backtrader.__version__), prepare, shares=_SHARES)
