"""vectorbt: one column a run, compiled by numba, everything over whole arrays."""

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import FEES, INITIAL_CASH, WORKS, Work, columns

pandas: Any = importlib.import_module("pandas")
vectorbt: Any = importlib.import_module("vectorbt")

# More columns at a time are no faster here, and take more memory.
_COLUMNS_AT_A_TIME = 50
_SHARES = {"sweep": WORKS["sweep"]._replace(pairs=WORKS["sweep"].pairs[:200])}


def prepare(work: Work) -> Callable[[], float]:
    """One account a column."""
    series = [columns(symbol, work.bars) for symbol in range(work.symbols)]
    index = pandas.to_datetime(series[0].end_ns)
    close = pandas.DataFrame({symbol: one.close for symbol, one in enumerate(series)}, index=index)
    opened = pandas.DataFrame({symbol: one.open for symbol, one in enumerate(series)}, index=index)
    if work.symbols == 1:
        close, opened = close[0], opened[0]

    def run() -> float:
        firsts = [_figures(close, opened, pairs) for pairs in _chunks(work.pairs)]
        return firsts[0]

    return run


def _chunks(pairs: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    for start in range(0, len(pairs), _COLUMNS_AT_A_TIME):
        yield pairs[start : start + _COLUMNS_AT_A_TIME]


def _figures(close: Any, opened: Any, pairs: Sequence[tuple[int, int]]) -> float:
    above = _above(close, pairs)
    before = above.vbt.fshift(1, fill_value=False)
    portfolio = vectorbt.Portfolio.from_signals(
        close,
        entries=(above & ~before).vbt.fshift(1, fill_value=False),
        exits=(~above & before).vbt.fshift(1, fill_value=False),
        price=opened,
        fees=FEES,
        init_cash=INITIAL_CASH,
        freq="1min",
    )
    returns = portfolio.total_return()
    portfolio.sharpe_ratio()
    portfolio.max_drawdown()
    portfolio.trades.win_rate()
    return INITIAL_CASH * (1.0 + float(returns if isinstance(returns, float) else returns.iloc[0]))


def _above(close: Any, pairs: Sequence[tuple[int, int]]) -> Any:
    if len(pairs) == 1:
        fast, slow = pairs[0]
        return vectorbt.MA.run(close, fast).ma.vbt > vectorbt.MA.run(close, slow).ma.vbt
    fast_lengths, slow_lengths = zip(*pairs, strict=True)
    fasts = vectorbt.MA.run(close, fast_lengths, short_name="fast")
    return fasts.ma_above(vectorbt.MA.run(close, slow_lengths, short_name="slow"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    tell(Peer("vectorbt", vectorbt.__version__), prepare, shares=_SHARES)
